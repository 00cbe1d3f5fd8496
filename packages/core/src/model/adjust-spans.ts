// The adjustments of a trace of spans, such as a file opened in the browser; the server takes the same numbers from stored
// bytes.

import { adjustTrace, type Adjustments, type TraceShape } from './adjust.ts'
import { durationNs, type AnyValue, type Resource, type Span } from './span.ts'

const MOST_KIND = 255

/** `maxSkewNs` as in adjustTrace. */
export function adjustSpans(spans: readonly Span[], maxSkewNs: number): Adjustments {
  const count = spans.length
  const ids = new Uint32Array(count * 2)
  const parents = new Uint32Array(count * 2)
  const starts = new Uint32Array(count * 2)
  const hosts = new Uint32Array(count)
  const known = new Map<string, number>([['', 0]])
  spans.forEach((span, i) => {
    setWords(ids, i, BigInt(`0x${span.spanId || '0'}`))
    setWords(parents, i, BigInt(`0x${span.parentSpanId || '0'}`))
    setWords(starts, i, span.startNs)
    const host = hostOf(span.resource)
    const number = known.get(host) ?? known.size
    known.set(host, number)
    hosts[i] = number
  })
  const shape: TraceShape = {
    count,
    ids,
    parents,
    starts,
    hosts,
    durations: Float64Array.from(spans, (span) => Number(durationNs(span))),
    kinds: Uint8Array.from(spans, (span) => Math.min(span.kind, MOST_KIND)),
    content: (i) => JSON.stringify(spans[i], plain),
  }
  return adjustTrace(shape, maxSkewNs)
}

function setWords(into: Uint32Array, i: number, value: bigint): void {
  into[i * 2] = Number(BigInt.asUintN(32, value >> 32n))
  into[i * 2 + 1] = Number(BigInt.asUintN(32, value))
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' || Object.is(value, -0) || Number.isNaN(value)
    ? `${typeof value} ${String(value)}`
    : value
}

/** The process' first attribute `ip` (text, whole number or bytes) as text; '' where there is none. */
function hostOf(resource: Resource): string {
  const value = resource.attributes.find(({ key }) => key === 'ip')?.value
  return value === undefined ? '' : addressText(value)
}

/** Numbers are IPv4 addresses; bytes may be one in the clothes of IPv6. */
export function addressText(value: AnyValue): string {
  if (value.type === 'string') return value.value
  if (value.type === 'int') return [24n, 16n, 8n, 0n].map((bits) => (value.value >> bits) & 255n).join('.')
  if (value.type !== 'bytes') return ''
  const bytes = [...value.value]
  const isIpv4 =
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  if (isIpv4) return bytes.slice(12).join('.')
  if (bytes.length === 4) return bytes.join('.')
  return bytes.length === 16 ? bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('') : ''
}
