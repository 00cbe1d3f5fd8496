// Axes and bins: pure arithmetic that every chart shares.

/** A step of 1, 2 or 5 times a power of ten, so that about `count` of them fill `span`. */
export function niceStep(span: number, count: number): number {
  if (!(span > 0)) return 1
  const rough = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power
}

/** Multiples of `step` within [from, to], at most 200. */
export function ticks(from: number, to: number, step: number): number[] {
  const out: number[] = []
  const first = Math.ceil(from / step - 1e-9)
  for (let i = first; i * step <= to + step * 1e-9 && out.length < 200; i++) out.push(i * step)
  return out
}

/** Steps for a clock axis, in ms: whole seconds, minutes, hours, days where the range is long enough. */
const CLOCK_STEPS = [
  1e3, 2e3, 5e3, 1e4, 1.5e4, 3e4, 6e4, 1.2e5, 3e5, 6e5, 9e5, 1.8e6, 3.6e6, 7.2e6, 1.08e7, 2.16e7, 4.32e7, 8.64e7,
]

export function clockStep(spanMs: number, count: number): number {
  const rough = spanMs / Math.max(1, count)
  return CLOCK_STEPS.find((step) => step >= rough) ?? niceStep(spanMs / 8.64e7, count) * 8.64e7
}

export function clamp(value: number, min: number, max: number): number {
  return value < min ? min : value > max ? max : value
}
