// Jaeger's signed microseconds as OTLP's unsigned nanoseconds, on 32-bit words: no BigInt a span. What OTLP cannot hold
// goes to the nearest end, and the caller says so in a warning.

/** The last whole microsecond that OTLP can say, in ns: in the year 2554. */
const MOST_NANOS = (1n << 64n) - 1n - (((1n << 64n) - 1n) % 1000n)
const MOST_LOW = Number(BigInt.asIntN(32, MOST_NANOS))
const MOST_HIGH = Number(BigInt.asIntN(32, MOST_NANOS >> 32n))
const WORD = 0x1_0000_0000

/** Writes [low, high] of the time in ns to times[at]; false where it was moved into the range. */
export function microsToNanos(low: number, high: number, times: Int32Array, at: number): boolean {
  if (high < 0) {
    times[at] = times[at + 1] = 0
    return false
  }
  const product = (low >>> 0) * 1000
  const carry = Math.floor(product / WORD)
  const upper = high * 1000 + carry
  if (upper >= WORD) {
    times[at] = MOST_LOW
    times[at + 1] = MOST_HIGH
    return false
  }
  times[at] = product - carry * WORD
  times[at + 1] = upper
  return true
}

/** For messages: a signed 64-bit number from its words. */
export function signed64(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}
