// The kinds of value that options have, each reading the text of a flag or variable and the native types of
// YAML and JSON, refusing everything else in one sentence, and writing its value back as a file would hold it.
// Give the default as a person would write it: `goDuration().prefault('1m30s')`. Main thread only: workers get plain objects.

import {
  formatByteSize,
  formatGoDuration,
  formatHostPort,
  parseByteSize,
  parseGoDuration,
  parseHostPort,
  type HostPort,
} from './units.ts'
import { type Value, valueOf } from './value.ts'

export interface Bounds {
  readonly min?: number
  readonly max?: number
}

function within(bounds: Bounds, amount: number): boolean {
  return amount >= (bounds.min ?? -Infinity) && amount <= (bounds.max ?? Infinity)
}

/** `, at least 1s and at most 1h`, or nothing where there are no bounds. */
function boundsText({ min, max }: Bounds, write: (amount: number) => string): string {
  const parts = [min === undefined ? '' : `at least ${write(min)}`, max === undefined ? '' : `at most ${write(max)}`]
  const text = parts.filter(Boolean).join(' and ')
  return text === '' ? '' : `, ${text}`
}

/** Any text. Numbers in files must be quoted, so that `007` does not become 7. */
export function text(kind: string = 'TEXT'): Value<string> {
  return valueOf({
    kind,
    shape: 'single',
    expected: 'text (in a file, put quotes around it)',
    read: (raw) => (typeof raw === 'string' ? raw : undefined),
    write: (result) => result,
  })
}

/** As Go's strconv.ParseBool, which reads Jaeger's flags: 1, t, true, 0, f, false and their capitals. */
export function boolean(): Value<boolean> {
  return valueOf({
    kind: 'true|false',
    shape: 'boolean',
    expected: 'true or false',
    read(raw) {
      if (typeof raw === 'boolean') return raw
      if (typeof raw !== 'string') return undefined
      if (/^(?:1|t|T|true|TRUE|True)$/.test(raw)) return true
      return /^(?:0|f|F|false|FALSE|False)$/.test(raw) ? false : undefined
    },
    write: (result) => result,
  })
}

/** A whole number within safe integers. */
export function integer(bounds: Bounds = {}): Value<number> {
  return valueOf({
    kind: 'NUMBER',
    shape: 'single',
    expected: `a whole number${boundsText(bounds, String)}`,
    read(raw) {
      const amount = typeof raw === 'string' && /^[-+]?\d+$/.test(raw) ? Number(raw) : raw
      return typeof amount === 'number' && Number.isSafeInteger(amount) && within(bounds, amount) ? amount : undefined
    },
    write: (result) => result,
  })
}

/** Any finite number, in the notation of JSON. */
export function number(bounds: Bounds = {}): Value<number> {
  return valueOf({
    kind: 'NUMBER',
    shape: 'single',
    expected: `a number${boundsText(bounds, String)}`,
    read(raw) {
      const amount =
        typeof raw === 'string' && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(raw) ? Number(raw) : raw
      return typeof amount === 'number' && Number.isFinite(amount) && within(bounds, amount) ? amount : undefined
    },
    write: (result) => result,
  })
}

/** Milliseconds from Go's notation. Not negative, unless bounds say otherwise. A bare number has no unit and is refused. */
export function goDuration(bounds: Bounds = {}): Value<number> {
  const limits = { min: 0, ...bounds }
  return valueOf({
    kind: 'DURATION',
    shape: 'single',
    expected: `a duration with its unit, such as 250ms, 10s or 1h30m${boundsText(bounds, formatGoDuration)}`,
    read(raw) {
      const ms = raw === 0 ? 0 : typeof raw === 'string' ? parseGoDuration(raw) : undefined
      return ms !== undefined && within(limits, ms) ? ms : undefined
    },
    write: formatGoDuration,
  })
}

/** Bytes: digits alone, or with a unit. */
export function byteSize(bounds: Bounds = {}): Value<number> {
  const limits = { min: 0, ...bounds }
  return valueOf({
    kind: 'BYTES',
    shape: 'single',
    expected: `a size in bytes, such as 16777216, 512KiB or 64MiB${boundsText(bounds, formatByteSize)}`,
    read(raw) {
      const bytes = typeof raw === 'string' ? parseByteSize(raw) : raw
      return typeof bytes === 'number' && Number.isSafeInteger(bytes) && within(limits, bytes) ? bytes : undefined
    },
    write: formatByteSize,
  })
}

/** An address to listen on or to call; a bare port number means that port on every interface, as in Jaeger. */
export function hostPort(): Value<HostPort> {
  return valueOf({
    kind: 'HOST:PORT',
    shape: 'single',
    expected: 'host:port with a port from 0 to 65535, such as :4317, 127.0.0.1:4317 or [::1]:4317',
    read(raw) {
      if (typeof raw === 'number' && Number.isSafeInteger(raw)) return parseHostPort(String(raw))
      return typeof raw === 'string' ? parseHostPort(raw) : undefined
    },
    write: formatHostPort,
  })
}

/** An address to listen on, or nothing of the kind: `off`, or empty text. */
export function listenAddress(): Value<HostPort | 'off'> {
  const address = hostPort()
  return valueOf<HostPort | 'off'>({
    kind: 'HOST:PORT|off',
    shape: 'single',
    expected: 'off, or host:port with a port from 0 to 65535, such as :6831, 127.0.0.1:6831 or [::1]:6831',
    read(raw) {
      if (raw === '' || raw === false || (typeof raw === 'string' && raw.toLowerCase() === 'off')) return 'off'
      const reading = address.read(raw)
      return reading.ok ? reading.value : undefined
    },
    write: (result) => (result === 'off' ? result : formatHostPort(result)),
  })
}

/** One of `names`, in any case. `refusal` may say more about what is none of them. */
export function choice<const T extends string>(
  names: readonly T[],
  refusal?: (raw: unknown) => string | undefined,
): Value<T> {
  return valueOf<T>({
    kind: names.join('|'),
    shape: 'single',
    expected: names.length === 1 ? `${names[0]}` : `one of ${names.join(', ')}`,
    refusal,
    read: (raw) => names.find((name) => typeof raw === 'string' && name.toLowerCase() === raw.toLowerCase()),
    write: (result) => result,
  })
}

export interface ListOptions {
  /** False where items may hold commas: then only a repeated flag, or a list in a file, gives several. */
  readonly commas?: boolean
}

/** `a,b` (quoted items may hold commas), a flag given several times, or a list in a file. Empty text is the empty list. */
export function list<T>(item: Value<T>, { commas = true }: ListOptions = {}): Value<readonly T[]> {
  const split = commas ? splitAtCommas : (given: string): readonly string[] => (given === '' ? [] : [given])
  const itemKind = item.info.kind
  return valueOf<readonly T[]>({
    kind: commas ? `${itemKind},...` : itemKind,
    shape: 'list',
    split,
    expected: 'a list',
    refusal: (raw) =>
      itemsOf(raw, split)
        ?.map((each) => refusalOf(item, each))
        .find((each) => each !== undefined),
    read(raw) {
      const results = itemsOf(raw, split)?.map((each) => item.read(each))
      if (results === undefined || !results.every((each) => each.ok)) return undefined
      return results.map((each) => each.value)
    },
    write: (results) => results.map((each) => item.write(each)),
  })
}

function itemsOf(raw: unknown, split: (text: string) => readonly string[]): readonly unknown[] | undefined {
  if (typeof raw === 'string') return split(raw)
  return Array.isArray(raw) ? raw : undefined
}

function refusalOf<T>(item: Value<T>, raw: unknown): string | undefined {
  const reading = item.read(raw)
  return reading.ok ? undefined : `in every item ${reading.message}`
}

/** Fields of one line of CSV, which is how pflag reads a list: `"a,b",c` is two items. */
function splitAtCommas(given: string): readonly string[] {
  if (given === '') return []
  const items: string[] = []
  for (const [, quoted, plain] of `,${given}`.matchAll(/,(?:"((?:[^"]|"")*)"(?=,|$)|([^,]*))/g)) {
    items.push(quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'))
  }
  return items
}
