// A histogram of durations whose buckets are fixed for all time: those of one minute, one hour, one service add up to the same
// as counting all spans at once. Bucket limits are integers, so every machine puts a span into the same one.
// Durations are whole nanoseconds below 2^64. Each power of two is cut into 32 buckets: the middle of a bucket is at most
// 1/64 (1.6 %) from any value in it.

const SUB_BITS = 5
const SUBS = 1 << SUB_BITS

/** Buckets are numbered from 0; none has this number. */
export const DURATION_BUCKETS: number = (64 - SUB_BITS + 1) * SUBS

/** Bucket of a duration, given as two unsigned words. */
export function durationBucket(low: number, high: number): number {
  const exponent = high === 0 ? 31 - Math.clz32(low) : 63 - Math.clz32(high)
  if (exponent < SUB_BITS) return low
  const shift = exponent - SUB_BITS
  // The five bits behind the leading one, wherever they lie in the two words.
  const top = shift < 32 ? (low >>> shift) | (shift === 0 ? 0 : (high << (32 - shift)) | 0) : high >>> (shift - 32)
  return shift * SUBS + SUBS + (top & (SUBS - 1))
}

/** Least duration of a bucket, ns. Exact below 2^53. */
export function bucketStart(bucket: number): number {
  if (bucket < SUBS) return bucket
  const shift = Math.floor(bucket / SUBS) - 1
  return (SUBS + (bucket % SUBS)) * 2 ** shift
}

/** The duration that stands for a bucket: its middle, ns. */
export function bucketValue(bucket: number): number {
  return (bucketStart(bucket) + bucketStart(bucket + 1) - 1) / 2
}

/** A bucket and its count, the next bucket and its count, and so on: sorted by bucket, no zeros. */
export type DurationCounts = readonly number[]

export function mergeDurations(a: DurationCounts, b: DurationCounts): DurationCounts {
  const merged: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const x = a[i] ?? DURATION_BUCKETS
    const y = b[j] ?? DURATION_BUCKETS
    merged.push(Math.min(x, y), (x <= y ? (a[i + 1] as number) : 0) + (y <= x ? (b[j + 1] as number) : 0))
    if (x <= y) i += 2
    if (y <= x) j += 2
  }
  return merged
}

/** The q-quantile (0 to 1), ns: the middle of the bucket of the ceil(q * n)-th smallest; undefined where nothing was counted. */
export function durationQuantile(counts: DurationCounts, q: number): number | undefined {
  let total = 0
  for (let i = 1; i < counts.length; i += 2) total += counts[i] as number
  if (total === 0) return undefined
  let left = Math.max(1, Math.ceil(q * total))
  for (let i = 0; i < counts.length; i += 2) {
    left -= counts[i + 1] as number
    if (left <= 0) return bucketValue(counts[i] as number)
  }
  return undefined
}
