// Network addresses as texts and as bytes. Text is read as Go's net.ParseIP reads it, and IPv6 written as RFC 5952 says, so
// that an address reads the same whatever encoding brought it.

import type { Endpoint } from './draft.ts'

const DOT = 0x2e
const COLON = 0x3a
const ZERO = 0x30

/** Sets the endpoint's address to the one that stands there as text; false where it is none. Nothing is no address. */
export function readAddress(bytes: Uint8Array, offset: number, length: number, into: Endpoint): boolean {
  const ipv4 = parseIpv4(bytes, offset, offset + length)
  if (ipv4 >= 0) {
    into.ipv4 = ipv4 | 0
    return true
  }
  if (length > 45 || !parseIpv6(bytes, offset, offset + length, into.ipv6)) return false
  into.hasIpv6 = true
  return true
}

/** Unsigned, or -1. */
function parseIpv4(bytes: Uint8Array, from: number, to: number): number {
  let address = 0
  let part = -1
  let dots = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte === DOT) {
      if (part < 0 || ++dots > 3) return -1
      address = address * 256 + part
      part = -1
    } else {
      const digit = byte - ZERO
      // A leading zero might mean octal to somebody: no address, as in Go.
      if (digit < 0 || digit > 9 || part === 0) return -1
      part = part < 0 ? digit : part * 10 + digit
      if (part > 255) return -1
    }
  }
  return dots === 3 && part >= 0 ? address * 256 + part : -1
}

function parseIpv6(bytes: Uint8Array, from: number, to: number, into: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(from, to))
  const halves = text.split('::')
  if (halves.length > 2) return false
  const head = groups(halves[0] ?? '')
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : []
  if (head === undefined || tail === undefined) return false
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return false
  const all = [...head, ...Array<number>(missing).fill(0), ...tail]
  all.forEach((group, i) => {
    into[i * 2] = group >> 8
    into[i * 2 + 1] = group
  })
  return true
}

/** Numbers of 16 bits; the last two may stand as an IPv4 address. */
function groups(text: string): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const embedded = last.includes('.') ? Buffer.from(last) : undefined
  if (embedded !== undefined) parts.pop()
  if (!parts.every((part) => /^[\da-f]{1,4}$/i.test(part))) return undefined
  const numbers = parts.map((part) => parseInt(part, 16))
  if (embedded === undefined) return numbers
  const ipv4 = parseIpv4(embedded, 0, embedded.length)
  return ipv4 < 0 ? undefined : [...numbers, ipv4 >>> 16, ipv4 & 0xffff]
}

/** Dotted; of the 32 bits. */
export function ipv4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** Of 16 bytes; an IPv4 address within IPv6 is written as IPv4, as Go does. */
export function ipv6Text(bytes: Uint8Array): string {
  const numbers = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0))
  if (numbers.every((group, i) => i > 5 || group === (i === 5 ? 0xffff : 0))) {
    return bytes.subarray(12, 16).join('.')
  }
  let best = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && numbers[end] === 0) end++
    if (end - i > length) {
      best = i
      length = end - i
    }
  }
  const hex = (from: number, to: number): string =>
    numbers
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return best < 0 ? hex(0, 8) : `${hex(0, best)}${String.fromCharCode(COLON, COLON)}${hex(best + length, 8)}`
}
