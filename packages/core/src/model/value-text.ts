// An attribute value as text, and the list of plain values under which an attribute is found. Doors that know only text
// print what valueText gives, and search compares with the same text, so what is shown can be searched for. The hashes
// of the wire (server, wire/otlp/hash.ts) and the evaluator both go by eachSearchable, so neither finds what the other
// misses.

import { fromHex } from '../base/bytes.ts'
import type { AnyValue, Attribute } from './span.ts'

/** Deeper values of arrays and maps are found in the text of the values around them only. */
export const SEARCH_DEPTH = 4
/** Longer paths `key.sub.sub` (in UTF-16 units) are not searchable by path: bounds what one hostile attribute costs. */
export const SEARCH_PATH_LENGTH = 256

/** A value that is neither array nor map. */
export type PlainValue = Exclude<AnyValue, { readonly type: 'array' | 'map' }>

/** What comes after this many values of one array or map is found in its text only: bounds it too. */
export const SEARCH_VALUES = 1024

/**
 * Calls `visit` with every key and plain value under which the attribute is found: a plain value under its key; an
 * array as the string of its JSON text, and each element under the same key; a map as the string of its JSON text, and
 * each entry under `key.sub`. At most SEARCH_VALUES calls.
 */
export function eachSearchable(key: string, value: AnyValue, visit: (key: string, value: PlainValue) => void): void {
  visitValue(key, value, visit, 0, { left: SEARCH_VALUES })
}

function visitValue(
  key: string,
  value: AnyValue,
  visit: (key: string, value: PlainValue) => void,
  depth: number,
  budget: { left: number },
): void {
  if (budget.left-- <= 0) return
  if (value.type !== 'array' && value.type !== 'map') {
    visit(key, value)
    return
  }
  visit(key, { type: 'string', value: valueText(value) })
  if (depth === SEARCH_DEPTH) return
  for (const entry of value.value) {
    if (budget.left <= 0) return
    if (!('key' in entry)) visitValue(key, entry, visit, depth + 1, budget)
    else if (key.length + 1 + entry.key.length <= SEARCH_PATH_LENGTH) {
      visitValue(`${key}.${entry.key}`, entry.value, visit, depth + 1, budget)
    }
  }
}

const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/
const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const BASE64_TEXT = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Jaeger v1's search knows only text: every value that a text can mean. The string itself; a boolean; a 64-bit integer
 * in canonical form; a double where the text is a number of any form (compared as a number), NaN or an infinity; bytes,
 * written in hexadecimal (as v1 shows them) or base64 (as OTLP's are shown).
 */
export function valuesOfText(text: string): PlainValue[] {
  const values: PlainValue[] = [{ type: 'string', value: text }]
  if (text === 'true' || text === 'false') values.push({ type: 'bool', value: text === 'true' })
  if (INTEGER.test(text)) {
    const value = BigInt(text)
    if (BigInt.asIntN(64, value) === value) values.push({ type: 'int', value })
  }
  const double = doubleOfText(text)
  if (double !== undefined) values.push({ type: 'double', value: double })
  const hex = fromHex(text)
  if (hex !== undefined) values.push({ type: 'bytes', value: hex })
  if (text !== '' && BASE64_TEXT.test(text)) values.push({ type: 'bytes', value: fromBase64(text) })
  return values
}

/** The double that a text names, or undefined. */
export function doubleOfText(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text)
  if (text === 'NaN') return Number.NaN
  if (/^[+]?Inf(?:inity)?$/.test(text)) return Number.POSITIVE_INFINITY
  return /^-Inf(?:inity)?$/.test(text) ? Number.NEGATIVE_INFINITY : undefined
}

/**
 * The text Jaeger shows for an OTLP value: strings as they are, numbers and booleans as in JSON, bytes in base64, arrays
 * and maps as JSON the way Go's encoding/json writes it (keys sorted, the last of equal keys, `<`, `>`, `&` escaped,
 * `null` for an empty value). The empty value alone is ''. NaN and infinities are the words NaN, +Inf, -Inf.
 */
export function valueText(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return ''
    case 'string':
      return value.value
    case 'bool':
    case 'int':
      return String(value.value)
    case 'double':
      return doubleText(value.value)
    case 'bytes':
      return base64(value.value)
    case 'array':
    case 'map':
      return jsonText(value)
  }
}

/** A double as Go prints it in JSON; JavaScript's shortest form differs only in these. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

function jsonText(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return 'null'
    case 'string':
      return jsonString(value.value)
    case 'bool':
    case 'int':
      return String(value.value)
    case 'double':
      return Number.isFinite(value.value) ? doubleText(value.value) : jsonString(doubleText(value.value))
    case 'bytes':
      return `"${base64(value.value)}"`
    case 'array':
      return `[${value.value.map(jsonText).join(',')}]`
    case 'map':
      return `{${sortedEntries(value.value).join(',')}}`
  }
}

function sortedEntries(entries: readonly Attribute[]): string[] {
  const last = new Map(entries.map((entry) => [entry.key, entry.value]))
  const sorted = [...last].toSorted(([a], [b]) => compareText(a, b))
  return sorted.map(([key, value]) => `${jsonString(key)}:${jsonText(value)}`)
}

/** The order of the UTF-8 bytes, which is that of code points and Go's: negative, 0 or positive. */
export function compareText(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length;) {
    const x = a.codePointAt(i) ?? 0
    const y = b.codePointAt(i) ?? 0
    if (x !== y) return x - y
    i += x > 0xffff ? 2 : 1
  }
  return a.length - b.length
}

function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Standard base64 with padding. Here because core has neither Buffer nor btoa. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0
    const b = bytes[i + 1] ?? 0
    const c = bytes[i + 2] ?? 0
    text += BASE64.charAt(a >> 2) + BASE64.charAt(((a & 3) << 4) | (b >> 4))
    text += i + 1 < bytes.length ? BASE64.charAt(((b & 15) << 2) | (c >> 6)) : '='
    text += i + 2 < bytes.length ? BASE64.charAt(c & 63) : '='
  }
  return text
}

/** The bytes of base64 of either alphabet, padded or not. Characters of neither count as A: check before. */
export function fromBase64(text: string): Uint8Array {
  const length = text.replace(/=+$/, '').length
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  for (let i = 0, at = 0; i < length; i += 4, at += 3) {
    let group = 0
    for (let j = 0; j < 4; j++) group = (group << 6) | digit64(text.charAt(i + j))
    bytes[at] = group >> 16
    if (at + 1 < bytes.length) bytes[at + 1] = group >> 8
    if (at + 2 < bytes.length) bytes[at + 2] = group
  }
  return bytes
}

function digit64(letter: string): number {
  if (letter === '-') return 62
  return letter === '_' ? 63 : Math.max(BASE64.indexOf(letter), 0)
}
