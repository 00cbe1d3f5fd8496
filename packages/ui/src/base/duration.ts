// Durations as people write and read them. Nanoseconds as plain numbers inside: exact up to 2^53 (104 days).

const UNIT_NS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 6e10],
  ['h', 3.6e12],
])
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Nanoseconds of `1.2s`, `100ms`, `1m30s` (Go's form, as Jaeger takes it), or undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim()
  let total = 0
  let at = 0
  while (at < trimmed.length) {
    PART.lastIndex = at
    const part = PART.exec(trimmed)
    const unit = UNIT_NS.get(part?.[2] ?? '')
    if (part === null || unit === undefined) return undefined
    total += Number(part[1]) * unit
    at = PART.lastIndex
  }
  return at === 0 ? undefined : total
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  const text = value >= 10 ? value.toFixed(1) : value.toFixed(2)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** `456 µs`, `1.23 s`, `2 m 03 s`, `1 h 05 m`: three digits, never more than two units. */
export function formatDuration(ns: number): string {
  if (ns < 0) return `−${formatDuration(-ns)}`
  if (ns < 999.5) return `${Math.round(ns)} ns`
  if (ns < 999.5e3) return `${threeDigits(ns / 1e3)} µs`
  if (ns < 999.5e6) return `${threeDigits(ns / 1e6)} ms`
  if (ns < 59.95e9) return `${threeDigits(ns / 1e9)} s`
  const seconds = Math.round(ns / 1e9)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)} d ${String(hours % 24).padStart(2, '0')} h`
}

/** A time on an axis whose steps are `step` apart: just enough digits that neighbours differ. */
export function formatTick(ns: number, step: number): string {
  const size = Math.max(Math.abs(ns), step)
  const [unit, name] = size >= 1e9 ? [1e9, 's'] : size >= 1e6 ? [1e6, 'ms'] : size >= 1e3 ? [1e3, 'µs'] : [1, 'ns']
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9))
  return `${(ns / unit).toFixed(Math.min(digits, 9))} ${name}`
}

/** With its sign in front: −5 s, +12 ms. */
export function signedDuration(ns: number): string {
  return `${ns < 0 ? '−' : '+'}${formatDuration(Math.abs(ns))}`
}
