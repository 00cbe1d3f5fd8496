// Laws of the duration histogram: the error bound, buckets without gaps, adding up in any order.

import { array, assert, bigInt, constantFrom, double, property } from 'fast-check'
import { expect, test } from 'vitest'
import {
  bucketStart,
  bucketValue,
  DURATION_BUCKETS,
  type DurationCounts,
  durationBucket,
  durationQuantile,
  mergeDurations,
} from './duration-histogram.ts'

const durations = bigInt({ min: 0n, max: (1n << 64n) - 1n }).chain((value) =>
  constantFrom(...Array.from({ length: 64 }, (_, bits) => value >> BigInt(bits))),
)

function bucketOf(ns: bigint): number {
  return durationBucket(Number(ns & 0xffff_ffffn), Number(ns >> 32n))
}

function count(values: readonly bigint[]): DurationCounts {
  return values.reduce<DurationCounts>((sum, ns) => mergeDurations(sum, [bucketOf(ns), 1]), [])
}

test('a bucket begins where the one before ends, and its middle is within 2 % of every value in it', () => {
  for (let bucket = 0; bucket < DURATION_BUCKETS - 1; bucket++) {
    const first = bucketStart(bucket)
    const next = bucketStart(bucket + 1)
    expect(next).toBeGreaterThan(first)
    if (next > Number.MAX_SAFE_INTEGER) continue
    expect(bucketOf(BigInt(first))).toBe(bucket)
    expect(bucketOf(BigInt(next) - 1n)).toBe(bucket)
    if (first > 0) expect(Math.abs(bucketValue(bucket) - first) / first).toBeLessThanOrEqual(0.02)
  }
  assert(
    property(durations, (ns) => {
      const bucket = bucketOf(ns)
      expect(bucket).toBeLessThan(DURATION_BUCKETS)
      expect(Math.abs(bucketValue(bucket) - Number(ns))).toBeLessThanOrEqual(Number(ns) * 0.02)
    }),
  )
})

test('histograms add up in any order and grouping', () => {
  assert(
    property(array(durations), array(durations), array(durations), (x, y, z) => {
      const [a, b, c] = [count(x), count(y), count(z)]
      expect(mergeDurations(mergeDurations(a, b), c)).toEqual(mergeDurations(a, mergeDurations(c, b)))
      expect(mergeDurations(mergeDurations(a, b), c)).toEqual(count([...z, ...x, ...y]))
    }),
  )
})

test('a quantile is within 2 % of the value that sorting finds', () => {
  assert(
    property(array(durations, { minLength: 1 }), double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      const exact = Number(sorted[Math.max(1, Math.ceil(q * values.length)) - 1])
      expect(Math.abs((durationQuantile(count(values), q) ?? -1) - exact)).toBeLessThanOrEqual(exact * 0.02)
    }),
  )
  expect(durationQuantile([], 0.5)).toBeUndefined()
})
