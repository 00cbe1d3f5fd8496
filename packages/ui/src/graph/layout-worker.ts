// The worker that lays a graph out, so that no page waits for it.

import { layOutGraph } from './lay-out-graph.ts'
import type { LayoutReply, LayoutRequest } from './layout.ts'

const scope = self as unknown as {
  postMessage(message: LayoutReply): void
  addEventListener(type: 'message', listener: (event: MessageEvent<LayoutRequest>) => void): void
}

function answer(request: LayoutRequest): LayoutReply {
  try {
    return { type: 'done', layout: layOutGraph(request) }
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

scope.addEventListener('message', (event) => scope.postMessage(answer(event.data)))
