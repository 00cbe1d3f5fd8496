// The attributes of a span that do not stay tags of it: internal ones (flags and warnings of v1) and, in adjusted answers,
// the library's, which Jaeger shows with the process. Nearly all spans have none, so the look is a cheap one.

import { FLAGS_ATTRIBUTE, WARNINGS_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import { KEY } from '../otlp/fields.ts'
import type { SpanFields } from '../otlp/span-fields.ts'
import { ascii } from './json-bytes.ts'
import { INT, KeyValue } from './key-value.ts'

const FLAGS = ascii(FLAGS_ATTRIBUTE)
const WARNINGS = ascii(WARNINGS_ATTRIBUTE)
const LIBRARY_NAME = ascii('otel.library.name')
const LIBRARY_VERSION = ascii('otel.library.version')
const INTERNAL = FLAGS[0] as number
const LIBRARY = LIBRARY_NAME[0] as number

/** Of one span; the same object serves one after another. */
export class SpecialAttributes {
  /** v1's flags, or -1 where the span does not say them. */
  flags = -1
  readonly warnings: string[] = []
  /** The library's name and version as the span's own tags. */
  readonly library: KeyValue[] = []
  /** Numbers of the attributes that are no tags. */
  readonly #skipped = new Set<number>()
  readonly #kv = new KeyValue()

  /** `library`: whether the library's are looked for. */
  read(f: SpanFields, library: boolean): void {
    this.flags = -1
    if (this.#skipped.size > 0) {
      this.#skipped.clear()
      this.warnings.length = this.library.length = 0
    }
    const { bytes } = f
    const { at, count } = f.attributes
    for (let i = 0; i < count; i++) {
      const from = at[i * 2] as number
      // Most begin with a key of another first letter. One that does not begin with its key may be anything.
      const first = bytes[from + 2]
      if (first !== INTERNAL && first !== LIBRARY && bytes[from] === KEY && (bytes[from + 1] as number) < 0x80) continue
      if (mayBeSpecial(bytes, from)) this.#look(f, i, library)
    }
  }

  skips(i: number): boolean {
    return this.#skipped.size > 0 && this.#skipped.has(i)
  }

  #look(f: SpanFields, i: number, library: boolean): void {
    const kv = this.#kv
    kv.read(f.reader, f.attributes.from(i), f.attributes.to(i))
    if (kv.keyIs(FLAGS)) {
      if (kv.type === INT && this.flags < 0) this.flags = kv.low
    } else if (kv.keyIs(WARNINGS)) {
      const value = kv.anyValue()
      if (value.type !== 'array') return
      for (const item of value.value) if (item.type === 'string') this.warnings.push(item.value)
    } else if (library && (kv.keyIs(LIBRARY_NAME) || kv.keyIs(LIBRARY_VERSION))) {
      const own = new KeyValue()
      own.read(f.reader, f.attributes.from(i), f.attributes.to(i))
      this.library.push(own)
    } else return
    this.#skipped.add(i)
  }
}

/** False where the length of the key says that it is another. */
function mayBeSpecial(bytes: Uint8Array, from: number): boolean {
  if (bytes[from] !== KEY) return true
  const length = bytes[from + 1] as number
  return (
    length >= 0x80 ||
    length === FLAGS.length ||
    length === WARNINGS.length ||
    length === LIBRARY_NAME.length ||
    length === LIBRARY_VERSION.length
  )
}
