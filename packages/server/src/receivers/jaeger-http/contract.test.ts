// The receiver contract over Jaeger's thrift and HTTP, through the platform's own client (fetch).

import { receiverContract, type SendOutcome } from '@spoor/testkit/receiver-contract/kit'
import { numberedBatch } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import type { NumberedSpan } from '@spoor/testkit/receiver-contract/spans'
import { createJaegerHttpReceiver } from './receiver.ts'

receiverContract({
  name: 'jaeger-http',
  create: (host, port) =>
    createJaegerHttpReceiver(
      {
        listen: { host: '127.0.0.1', port },
        maxBodyBytes: 1 << 20,
        readHeaderTimeoutMs: 2000,
        readTimeoutMs: 10_000,
        idleTimeoutMs: 120_000,
      },
      host,
    ),
  connect: (address) =>
    Promise.resolve({
      send: async (spans) => await post(address, spans),
      close: () => Promise.resolve(),
    }),
})

async function post(address: string, spans: readonly NumberedSpan[]): Promise<SendOutcome> {
  const response = await fetch(`http://${address}/api/traces?format=jaeger.thrift`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-thrift' },
    body: new Uint8Array(numberedBatch(spans, 'binary')),
  })
  const text = await response.text()
  const refused = /^(\d+) of (\d+) spans refused: [^\n]+\n$/.exec(text)
  if (response.status === 202 && text === '') return { status: 'ok', rejected: 0, message: '' }
  // 400 is right where nothing was stored, and only there.
  if (refused !== null && response.status === (refused[1] === refused[2] ? 400 : 202)) {
    return { status: 'ok', rejected: Number(refused[1]), message: text.trimEnd() }
  }
  if (response.status !== 429 && response.status !== 503) throw new Error(`status ${response.status}: ${text}`)
  if (!text.includes('try again')) throw new Error(`no reason in ${text}`)
  return { status: 'retry', afterMs: Number(response.headers.get('retry-after')) * 1000 }
}
