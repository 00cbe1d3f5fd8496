// Equal spans are found whatever their encoder did, and different ones are told apart.

import { assert, property, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { encodeVariant } from '@spoor/testkit/wire-law/otlp-variants'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import { idKey, sameSpan, spanKey } from './same-span.ts'

const NOW = 1_790_000_000_000_000_000n
const PLAIN = { shuffle: 0, pad: 0, unknown: 0, repeat: 0 }

/** The Span messages of a request, in its encoding. */
function messages(bytes: Uint8Array): Uint8Array[] {
  const batch = scanOtlp(bytes)
  return Array.from({ length: batch.spanCount }, (_, row) => {
    const at = batch.offset[row] ?? 0
    return batch.bytes.subarray(at, at + (batch.length[row] ?? 0))
  })
}

test('order and padding make no difference, one changed value does', () => {
  assert(
    property(integer({ min: 1, max: 1 << 30 }), (seed) => {
      const { spans } = makeSpans(seed, 4, '128 bit', NOW)
      const plain = messages(encodeVariant(spans, { random: createRandom(seed), ...PLAIN }))
      const odd = messages(encodeVariant(spans, { random: createRandom(seed), ...PLAIN, shuffle: 1, pad: 0.5 }))
      const other = spans.map((span, i) =>
        i % 2 === 0 ? { ...span, kind: span.kind + 1 } : { ...span, name: 'other' },
      )
      const changed = messages(encodeVariant(other, { random: createRandom(seed), ...PLAIN }))
      for (const [i, span] of plain.entries()) {
        expect(spanKey(odd[i] ?? span)).toBe(spanKey(span))
        expect(sameSpan(span, odd[i] ?? new Uint8Array(0))).toBe(true)
        expect(sameSpan(span, changed[i] ?? new Uint8Array(0))).toBe(false)
      }
    }),
    { numRuns: 60, seed: 11 },
  )
})

test('what is not known is compared by its bytes', () => {
  const { spans } = makeSpans(3, 5, '128 bit', NOW)
  const plain = messages(encodeVariant(spans, { random: createRandom(3), ...PLAIN }))
  const unknown = messages(encodeVariant(spans, { random: createRandom(3), ...PLAIN, unknown: 1 }))
  for (const [i, span] of unknown.entries()) {
    expect(sameSpan(span, span.slice())).toBe(true)
    expect(sameSpan(span, plain[i] ?? new Uint8Array(0))).toBe(false)
  }
})

test('ids that somebody counts up have different keys', () => {
  const keys = new Set<number>()
  for (let i = 0; i < 256; i++) {
    for (let place = 0; place < 4; place++) {
      keys.add(idKey(0, (i << (place * 8)) >>> 0))
      keys.add(idKey((i << (place * 8)) >>> 0, 0))
    }
  }
  expect(keys.size).toBe(2 * 4 * 255 + 1)
})
