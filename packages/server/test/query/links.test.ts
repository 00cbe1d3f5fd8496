// The reference of dependencies against what Jaeger 1.57 answered for the same requests.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linksOf } from '@spoor/core/model/links'
import recorded from '../golden/answers/dependencies.json' with { type: 'json' }
import { decodeTraces } from '../../src/wire/otlp/decode.ts'

const INPUTS = join(import.meta.dirname, '../golden/inputs/otlp-protobuf')
/** Jaeger tells a resource without attributes from one without a service; to Spoor's model both are the service without a name. */
const UNNAMED = ['OTLPResourceNoServiceName', 'empty-service-name']

test('links of the recorded requests are those that Jaeger counted', () => {
  const spans = readdirSync(INPUTS).flatMap((name) => decodeTraces(readFileSync(join(INPUTS, name))))
  // Jaeger refuses ids of zeros where they come in.
  const kept = spans.filter(({ traceId, spanId }) => !/^0*$/.test(traceId) && !/^0*$/.test(spanId))
  const traces = [...Map.groupBy(kept, (span) => span.traceId).values()]
  const links = linksOf(traces, 0n, (1n << 64n) - 1n)
    .filter(({ parent, child }) => parent !== '' && child !== '')
    .map(({ parent, child, callCount }) => ({ parent, child, callCount }))
  const wanted = recorded['otlp-protobuf'].filter(
    ({ parent, child }) => !UNNAMED.includes(parent) && !UNNAMED.includes(child),
  )
  expect(wanted.length).toBe(5)
  expect(links).toEqual(wanted)
})
