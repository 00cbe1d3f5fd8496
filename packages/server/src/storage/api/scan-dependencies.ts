// Dependencies by reading every trace: for stores that keep no count of calls. Its cost grows with the data.

import { linksOf } from '@spoor/core/model/links'
import type { Span } from '@spoor/core/model/span'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import type { DependencyLink, SpanReader } from './store.ts'

const MAX_NS = (1n << 64n) - 1n

export async function scanDependencies(
  reader: SpanReader,
  tenant: string,
  startMinNs: bigint,
  startMaxNs: bigint,
): Promise<readonly DependencyLink[]> {
  const query = { tenant, filter: undefined, startMinNs: 0n, startMaxNs: MAX_NS }
  const traces: Span[][] = []
  for await (const group of reader.candidates(query, reader.plan(query))) {
    const ids = group.map((candidate) => candidate.traceId)
    for await (const chunk of reader.traces(tenant, ids)) traces.push(decodeTraces(chunk.bytes))
  }
  return linksOf(traces, startMinNs, startMaxNs)
}
