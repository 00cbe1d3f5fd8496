// Text to number and back for the units that people write in configuration: Go's durations, because Jaeger's flags use
// them, sizes in bytes, and addresses. Pure. Every format function writes what its parse function reads as the same value.

const NS_PER_MS = 1_000_000n

const DURATION_UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5, micro sign
  ['μs', 1_000n], // U+03BC, Greek mu: Go takes both
  ['ms', NS_PER_MS],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

/** Go's int64 of nanoseconds ends here, about 292 years. */
const MAX_DURATION_NS = 2n ** 63n - 1n

/**
 * Milliseconds, with a fraction below one; undefined where `text` is no duration of Go's time.ParseDuration
 * (https://pkg.go.dev/time#ParseDuration): `250ms`, `1h30m`, `1.5s`, `-1s`, `0`.
 */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, body] = /^([-+]?)(.+)$/.exec(text) ?? []
  if (body === undefined) return undefined
  if (body === '0') return 0
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined
  let total = 0n
  for (const [, whole = '', fraction = '', unit = ''] of body.matchAll(/(\d*)(?:\.(\d*))?([a-zµμ]+)/g)) {
    const scale = DURATION_UNITS.get(unit) ?? 0n
    total += BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length)
  }
  if (total > MAX_DURATION_NS) return undefined
  const ms = Number(total / NS_PER_MS) + Number(total % NS_PER_MS) / 1e6
  return sign === '-' ? -ms : ms
}

/** `90_000` as `1m30s`; parseGoDuration reads the same number of milliseconds from it. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return '0s'
  const whole = Math.trunc(Math.abs(ms))
  let rest = BigInt(whole) * NS_PER_MS + BigInt(Math.round((Math.abs(ms) - whole) * 1e6))
  let text = ms < 0 ? '-' : ''
  for (const unit of ['h', 'm', 's', 'ms', 'us', 'ns']) {
    const scale = DURATION_UNITS.get(unit) ?? 1n
    if (rest >= scale) text += `${rest / scale}${unit}`
    rest %= scale
  }
  return text
}

const SIZE_POWERS = ['', 'k', 'm', 'g', 't']

/** Bytes from `16777216`, `64MiB`, `64Mi`, `1.5GB` (1000-based without the i); undefined where `text` is no size. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,6})?) ?(?:([kmgt]?)(i?)b|([kmgt])i)?$/i.exec(text)
  if (match === null) return undefined
  const [, amount = '', prefix = '', binary = '', bare = ''] = match
  const power = SIZE_POWERS.indexOf((prefix || bare).toLowerCase())
  if (binary !== '' && power === 0) return undefined
  const bytes = Number(amount) * (binary !== '' || bare !== '' ? 1024 : 1000) ** power
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** `67108864` as `64MiB`, and as plain digits what is no whole number of KiB. */
export function formatByteSize(bytes: number): string {
  let amount = bytes
  let power = 0
  while (amount > 0 && amount % 1024 === 0 && power < SIZE_POWERS.length - 1) {
    amount /= 1024
    power += 1
  }
  return power === 0 ? String(bytes) : `${amount}${(SIZE_POWERS[power] ?? '').toUpperCase()}iB`
}

export interface HostPort {
  /** A name or address without brackets; empty for every interface of the machine. */
  readonly host: string
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number
}

/** `host:port`, `:port`, `[::1]:port` and, as Jaeger's older flags have it, the port alone. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([\w.-]*)):)?(\d{1,5})$/i.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return port <= 65_535 ? { host: match[1] ?? match[2] ?? '', port } : undefined
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
