// Wall-clock times: one place that knows the chosen zone. Input is Unix time in milliseconds, or nanoseconds as text.

export type Zone = 'local' | 'utc'

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** Date and time fields in the zone. */
function fields(ms: number, zone: Zone): { date: string; clock: string; millis: string } {
  const date = new Date(ms)
  const [y, mo, d, h, mi, s, milli] =
    zone === 'utc'
      ? [
          date.getUTCFullYear(),
          date.getUTCMonth(),
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
          date.getUTCMilliseconds(),
        ]
      : [
          date.getFullYear(),
          date.getMonth(),
          date.getDate(),
          date.getHours(),
          date.getMinutes(),
          date.getSeconds(),
          date.getMilliseconds(),
        ]
  return {
    date: `${String(y).padStart(4, '0')}-${two(mo + 1)}-${two(d)}`,
    clock: `${two(h)}:${two(mi)}:${two(s)}`,
    millis: String(milli).padStart(3, '0'),
  }
}

/** `2026-08-20 10:00:00.123` */
export function formatDateTime(ms: number, zone: Zone): string {
  if (!Number.isFinite(ms)) return 'unknown time'
  const { date, clock, millis } = fields(ms, zone)
  return `${date} ${clock}.${millis}`
}

/** `10:00:00.123` where it is the same day as `nowMs`, else with the date. */
export function formatShort(ms: number, nowMs: number, zone: Zone): string {
  const { date, clock, millis } = fields(ms, zone)
  return fields(nowMs, zone).date === date ? `Today ${clock}.${millis}` : `${date} ${clock}.${millis}`
}

/** Value of an <input type="datetime-local" step="1">. */
export function toInputValue(ms: number, zone: Zone): string {
  const { date, clock } = fields(ms, zone)
  return `${date}T${clock}`
}

/** Milliseconds of such a value, or undefined where it is not a time. */
export function fromInputValue(text: string, zone: Zone): number | undefined {
  if (!/^\d{4,}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return undefined
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text)
  return Number.isNaN(ms) ? undefined : ms
}

/** `UTC`, `UTC+02:00` at that moment. */
export function zoneName(ms: number, zone: Zone): string {
  const offset = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset()
  if (offset === 0) return 'UTC'
  const abs = Math.abs(offset)
  return `UTC${offset < 0 ? '−' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`
}

/** `3 min ago`, `in 2 h`. */
export function formatRelative(ms: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - ms) / 1000)
  if (seconds < 5) return 'just now'
  const [value, unit] =
    seconds < 60
      ? [seconds, 's']
      : seconds < 3600
        ? [Math.round(seconds / 60), 'min']
        : seconds < 86_400
          ? [Math.round(seconds / 3600), 'h']
          : [Math.round(seconds / 86_400), 'd']
  return ms > nowMs ? `in ${value} ${unit}` : `${value} ${unit} ago`
}

/** Milliseconds (a fraction may remain) of Unix nanoseconds in decimal text. */
export function nsToMs(ns: string): number {
  return Number(ns) / 1e6
}

/** `2026-08-20 10:00:00.123456789` */
export function formatNs(ns: string, zone: Zone): string {
  const padded = ns.padStart(10, '0')
  const { date, clock } = fields(Number(padded.slice(0, -9)) * 1000, zone)
  return `${date} ${clock}.${padded.slice(-9)}`
}
