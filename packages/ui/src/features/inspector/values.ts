// Attribute values as text: what is shown, what is copied. Nothing is rounded: integers stay decimal text.

import type { AttributeJson, SpanDetail, ValueJson } from '@spoor/core/api/span-detail'

export const TYPE_NAMES: Readonly<Record<ValueJson['type'], string>> = {
  empty: 'empty',
  string: 'string',
  int: 'int',
  bytes: 'bytes',
  bool: 'bool',
  double: 'double',
  array: 'array',
  map: 'map',
}

/** Bytes as pairs of hexadecimal digits, sixteen to a line. */
export function hexText(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  let text = ''
  bytes.forEach((byte, i) => {
    text += (i === 0 ? '' : i % 16 === 0 ? '\n' : ' ') + byte.toString(16).padStart(2, '0')
  })
  return text
}

/** Number of bytes that a base64 text with padding stands for. */
export function byteCount(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
}

/** One line or many; strings without quotes. */
export function valueText(value: ValueJson): string {
  if (value.type === 'array' || value.type === 'map') return indented(value, 0)
  return value.type === 'empty' ? '' : String(value.value)
}

/** JSON-like with two spaces; integers beyond 2^53 keep all digits. */
function indented(value: ValueJson, level: number): string {
  const [pad, end] = ['  '.repeat(level + 1), '  '.repeat(level)]
  if (value.type === 'array') {
    if (value.value.length === 0) return '[]'
    const flat = value.value.every((item) => item.type !== 'array' && item.type !== 'map')
    const items = value.value.map((item) => indented(item, level + 1))
    const line = `[${items.join(', ')}]`
    return flat && line.length <= 60 ? line : `[\n${items.map((item) => pad + item).join(',\n')}\n${end}]`
  }
  if (value.type === 'map') {
    if (value.value.length === 0) return '{}'
    const items = value.value.map((item) => `${pad}${JSON.stringify(item.key)}: ${indented(item.value, level + 1)}`)
    return `{\n${items.join(',\n')}\n${end}}`
  }
  if (value.type === 'empty') return 'null'
  if (value.type === 'int' || value.type === 'bool') return String(value.value)
  return JSON.stringify(value.value)
}

const MAX_PRETTY = 1_000_000

/** A string that holds a JSON object or array, printed with two spaces; undefined where it is none. */
export function prettyJson(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_PRETTY || !/^[[{]/.test(trimmed)) return undefined
  try {
    const parsed: unknown = JSON.parse(trimmed)
    // Numbers that do not survive a round trip would be shown wrong: then the text stays as it is.
    return /\d{16}/.test(trimmed) ? undefined : JSON.stringify(parsed, null, 2)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The address in a value, if the whole value is one that a browser may open. */
export function linkOf(value: ValueJson): string | undefined {
  return value.type === 'string' && /^https?:\/\/[^\s"<>]+$/i.test(value.value) ? value.value : undefined
}

/** The whole span as it came from the server, typed values included. */
export function spanJson(span: SpanDetail): string {
  return JSON.stringify(span, null, 2)
}

export function matchesFilter(attribute: AttributeJson, filter: string): boolean {
  const lower = filter.trim().toLowerCase()
  return (
    lower === '' ||
    attribute.key.toLowerCase().includes(lower) ||
    valueText(attribute.value).toLowerCase().includes(lower)
  )
}

export const KIND_LABELS: readonly string[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
export const STATUS_LABELS: readonly string[] = ['unset', 'ok', 'error']
