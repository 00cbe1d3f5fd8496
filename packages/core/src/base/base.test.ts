// Ids, bytes and durations as text. Durations: the table is of Go's own answers (time.ParseDuration, Duration.String).

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import { normalizeSpanId, normalizeTraceId, shortTraceId } from './ids.ts'
import { formatGoDuration, parseGoDuration } from './time.ts'

test('hex and bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes).toUpperCase())).toEqual(new Uint8Array(bytes))
    }),
  )
  expect(fromHex('abc')).toBeUndefined()
  expect(fromHex('zz')).toBeUndefined()
})

test('trace ids', () => {
  expect(normalizeTraceId('1A')).toBe('0000000000000000000000000000001a')
  expect(normalizeTraceId('AB'.repeat(16))).toBe('ab'.repeat(16))
  for (const bad of ['', 'g', '0'.repeat(33), ' 1', '0x1', '1\n']) expect(normalizeTraceId(bad)).toBeUndefined()
  expect(normalizeSpanId('F')).toBe('000000000000000f')
  expect(normalizeSpanId('0'.repeat(17))).toBeUndefined()
  expect(shortTraceId(`${'0'.repeat(31)}1`)).toBe('0000000000000001')
  expect(shortTraceId(`1${'0'.repeat(31)}`)).toBe(`1${'0'.repeat(31)}`)
})

test.each([
  ['0', 0n],
  ['5s', 5_000_000_000n],
  ['+5s', 5_000_000_000n],
  ['-5s', -5_000_000_000n],
  ['1.2s', 1_200_000_000n],
  ['100ms', 100_000_000n],
  ['1h2m', 3_720_000_000_000n],
  ['500us', 500_000n],
  ['500\u00b5s', 500_000n],
  ['500\u03bcs', 500_000n],
  ['.5s', 500_000_000n],
  ['1.s', 1_000_000_000n],
  ['0.3333333333333333333h', 1_200_000_000_000n],
  ['9223372036854775807ns', 9_223_372_036_854_775_807n],
  ['-9223372036854775808ns', -9_223_372_036_854_775_808n],
])('parses %s', (text, ns) => {
  const parsed = parseGoDuration(text)
  // Go rounds a fraction of more digits than it can hold in its last nanosecond.
  expect(Number(parsed - ns)).toBeLessThanOrEqual(1)
  expect(Number(ns - parsed)).toBeLessThanOrEqual(1)
})

test.each([
  ['', 'time: invalid duration ""'],
  ['3', 'time: missing unit in duration "3"'],
  ['-', 'time: invalid duration "-"'],
  ['s', 'time: invalid duration "s"'],
  ['.', 'time: invalid duration "."'],
  ['.s', 'time: invalid duration ".s"'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
  ['3000000h', 'time: invalid duration "3000000h"'],
])('refuses %j in the words of Go', (text, message) => {
  expect(() => parseGoDuration(text)).toThrow(expect.objectContaining({ kind: 'invalid', message }))
})

test.each([
  [0n, '0s'],
  [1n, '1ns'],
  [1_100n, '1.1\u00b5s'],
  [2_200_000n, '2.2ms'],
  [3_300_000_000n, '3.3s'],
  [245_000_000_000n, '4m5s'],
  [18_367_001_000_000n, '5h6m7.001s'],
  [480_000_000_001n, '8m0.000000001s'],
  [-1_500_000n, '-1.5ms'],
])('formats %s as %s', (ns, text) => {
  expect(formatGoDuration(ns)).toBe(text)
})

test('what is formatted parses to the same', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 62n), max: 1n << 62n }), (ns) => {
      expect(parseGoDuration(formatGoDuration(ns))).toBe(ns)
    }),
  )
})
