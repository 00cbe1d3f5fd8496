// How rules of retention are written, in flags and in files.

import { expect, test } from 'vitest'
import { list } from '../../../config/values.ts'
import { keepOfSpan, retentionRules } from './retention.ts'
import { retentionRule } from './rule-value.ts'

const HOUR = 3_600_000

test.each([
  ['errors:720h', { errors: true, keepMs: 720 * HOUR }],
  ['service=checkout:24h', { service: 'checkout', keepMs: 24 * HOUR }],
  ['service=a=b c+errors:1h30m', { service: 'a=b c', errors: true, keepMs: 1.5 * HOUR }],
  ['service=kept:0', { service: 'kept', keepMs: 0 }],
] as const)('%s is read, and written back as it was', (text, rule) => {
  const value = retentionRule()
  expect(value.parse(text)).toEqual(rule)
  expect(value.parse(value.write(value.parse(text)))).toEqual(rule)
})

test('a file may say it with names', () => {
  expect(retentionRule().parse({ service: 'cart', errors: true, keep: '48h' })).toEqual({
    service: 'cart',
    errors: true,
    keepMs: 48 * HOUR,
  })
  expect(list(retentionRule()).parse('errors:720h,service=cart:24h').length).toBe(2)
})

test.each([
  '',
  'errors',
  'errors:soon',
  'service=:1h',
  'warnings:1h',
  {},
  { service: 'a' },
  { keep: '1h' },
  { errors: 1, keep: '1h' },
])('%j is refused', (raw) => {
  expect(() => retentionRule().parse(raw)).toThrow('such as errors:720h')
})

test('a span is kept by the longest rule that it matches, else by the retention; 0 is for ever', () => {
  const rules = retentionRules(10, [
    { service: 'health', keepMs: 1 },
    { errors: true, keepMs: 100 },
    { service: 'health', errors: true, keepMs: 50 },
    { service: 'kept', keepMs: 0 },
  ])
  expect(keepOfSpan(rules, 'cart', false)).toBe(10)
  expect(keepOfSpan(rules, 'cart', true)).toBe(100)
  expect(keepOfSpan(rules, 'health', false)).toBe(1)
  expect(keepOfSpan(rules, 'health', true)).toBe(100)
  expect(keepOfSpan(rules, 'kept', false)).toBe(Number.POSITIVE_INFINITY)
})
