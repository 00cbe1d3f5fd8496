// The JSON writer on any text, any bytes and any number: always valid, always exact.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonBytes } from './json-bytes.ts'

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes(1)
  write(out)
  return out.take(0).toString()
}

/** One U+FFFD for each byte that starts no valid sequence, as Go's range over a string does. */
function goText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  for (let i = 0; i < bytes.length;) {
    const length = [1, 2, 3, 4].find((n) => {
      if (i + n > bytes.length) return false
      try {
        return Array.from(decoder.decode(bytes.subarray(i, i + n))).length === 1
      } catch {
        return false
      }
    })
    text += length === undefined ? '\ufffd' : decoder.decode(bytes.subarray(i, i + length))
    i += length ?? 1
  }
  return text
}

test('any text comes back from JSON as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(JSON.parse(written((out) => out.string(text)))).toBe(text)
    }),
  )
})

test('any bytes become valid JSON, with one replacement for each bad byte', () => {
  const lead = fc.constantFrom(
    0x00,
    0x1f,
    0x22,
    0x5c,
    0x7f,
    0x80,
    0xbf,
    0xc0,
    0xc2,
    0xe0,
    0xe2,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
    0xff,
  )
  const byte = fc.oneof(lead, fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0x80, max: 0xbf }))
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 12 }), (list) => {
      const bytes = Uint8Array.from(list)
      expect(JSON.parse(written((out) => out.quoted(bytes, 0, bytes.length)))).toBe(goText(bytes))
    }),
    { numRuns: 2000 },
  )
})

test('64-bit numbers and microseconds are exact', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const low = Number(value & 0xffffffffn)
      const high = Number(value >> 32n)
      expect(written((out) => out.uint64(low, high))).toBe(String(value))
      expect(written((out) => out.micros(low, high))).toBe(String(value / 1000n))
    }),
    {
      examples: [
        [0n],
        [999n],
        [1000n],
        [2n ** 31n - 1n],
        [2n ** 31n],
        [2n ** 53n - 1n],
        [2n ** 53n],
        [10n ** 15n],
        [10n ** 16n],
      ],
    },
  )
})

test('what is handed over stays as it is while the writer goes on', () => {
  const out = new JsonBytes(4)
  out.string('first')
  const first = out.take(4)
  out.string('second, which is longer')
  expect(first.toString()).toBe('"first"')
  expect(out.take(0).toString()).toBe('"second, which is longer"')
})
