// The reference of dependencies against what Jaeger 1.57 answered for the same requests.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linksOf } from '@spoor/core/model/links'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { loadRecordings } from '../golden/recordings.ts'

const INPUTS = join(import.meta.dirname, '../golden/inputs/otlp-protobuf')
/** Jaeger tells a resource without attributes from one without a service; to Spoor's model both are the service without a name. */
const UNNAMED = ['OTLPResourceNoServiceName', 'empty-service-name']

interface Link {
  readonly parent: string
  readonly child: string
  readonly callCount: number
}

function recordedLinks(): readonly Link[] {
  const exchanges = loadRecordings('otlp-protobuf')['1.57']?.exchanges ?? []
  const body = exchanges.find(({ request }) => request.startsWith('GET /api/dependencies'))?.body
  return (JSON.parse(body ?? '{"data":[]}') as { readonly data: readonly Link[] }).data
}

test('links of the recorded requests are those that Jaeger counted', () => {
  const spans = readdirSync(INPUTS).flatMap((name) => decodeTraces(readFileSync(join(INPUTS, name))))
  // Jaeger refuses ids of zeros where they come in.
  const kept = spans.filter(({ traceId, spanId }) => !/^0*$/.test(traceId) && !/^0*$/.test(spanId))
  const traces = [...Map.groupBy(kept, (span) => span.traceId).values()]
  const links = linksOf(traces, 0n, (1n << 64n) - 1n)
    .filter(({ parent, child }) => parent !== '' && child !== '')
    .map(({ parent, child, callCount }) => ({ parent, child, callCount }))
  const wanted = recordedLinks()
    .filter(({ parent, child }) => !UNNAMED.includes(parent) && !UNNAMED.includes(child))
    .toSorted((a, b) => (`${a.parent} ${a.child}` < `${b.parent} ${b.child}` ? -1 : 1))
  expect(wanted.length).toBe(5)
  expect(links).toEqual(wanted)
})
