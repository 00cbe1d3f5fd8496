// Which rows of a block have an attribute that a leaf asks for: by dictionary numbers, each entry decided once, and by the
// values that stand in the block. A row that keeps whole messages (raw spans, raw events, links) may have it.

import { EVENT_NAME_KEY, HASH_STRING, hashBytes, valueSeed } from '../../wire/otlp/hash.ts'
import { SPAN_LINK, VALUE_ARRAY, VALUE_MAP, VALUE_STRING } from '../../wire/otlp/fields.ts'
import { type AttributeLeaf, MAYBE, NO, oneOf, type Verdict, YES } from '../api/search/conditions.ts'
import {
  type AttributeCodes,
  type BlockColumns,
  type BlockValues,
  inlineValue,
  keptBytes,
  type KeyTokens,
  type Shapes,
} from './block-reader.ts'
import { ByteReader, listEntry } from './bytes.ts'
import { EVENT_RAW, KEY_WHOLE, ROW_RAW, ROW_REST, VALUE_INLINE } from './format.ts'
import type { Segment } from './segment.ts'
import { lowerBound } from './segment-tables.ts'
import type { SegmentStrings } from './span-rebuilder.ts'

/** What a key says: no; a value of it may match deeper down (arrays, maps, whole KeyValues); it is the key asked for. */
const LOOK = 1
export const MATCH = 2

/** What a leaf says to the keys, dictionary entries and event names of a segment; decided once for a search. */
export class AttributeMemo {
  readonly segment: Segment
  readonly leaf: AttributeLeaf
  /** By key, 0 for whole KeyValues. */
  readonly keys: Uint8Array
  /** Verdicts by event name. */
  readonly eventNames: Uint8Array
  readonly #entries: Set<number>
  readonly #entryStart: Uint32Array
  readonly #strings: SegmentStrings
  readonly #verdicts = new Map<number, Verdict>()
  readonly #isOnce: boolean
  #shapes: Shapes | undefined

  /** `isOnce`: very many blocks are looked at, each of them once. */
  constructor(segment: Segment, leaf: AttributeLeaf, isOnce: boolean) {
    this.#isOnce = isOnce
    this.segment = segment
    this.leaf = leaf
    this.keys = keyKinds(segment, leaf.key)
    this.eventNames = leaf.key === EVENT_NAME_KEY ? matchingEvents(segment, leaf) : new Uint8Array(0)
    this.#entries = matchingEntries(segment, leaf)
    this.#entryStart = segment.entryStart
    this.#strings = segment.strings()
  }

  tokens(block: number): KeyTokens {
    if (!this.#isOnce) return this.segment.tokens(block)
    return this.segment.keyTokens(block, (this.#shapes ??= shapesOf(this.segment, this.keys)))
  }

  /** Whether the dictionary has a value with one of the leaf's hashes. */
  get inDictionary(): boolean {
    return this.#entries.size > 0
  }

  /** A value of the dictionary, of a key that is not NO. */
  entry(key: number, code: number): Verdict {
    const entry = (this.#entryStart[key] as number) + code - 1
    const { leaf } = this
    // The index has no key-only hashes of plain values: by key, all are looked at.
    if (!leaf.byKey && !this.#entries.has(entry)) return NO
    let verdict = this.#verdicts.get(entry)
    if (verdict === undefined) {
      verdict = this.#decide(key, this.#strings.dictionaryValue(key, code))
      this.#verdicts.set(entry, verdict)
    }
    return verdict
  }

  /** A value that stands in a block. */
  inline(key: number, value: Uint8Array): Verdict {
    const { leaf } = this
    const first = value[0]
    if (this.keys[key] === LOOK && key !== KEY_WHOLE && first !== VALUE_MAP && first !== VALUE_ARRAY) return NO
    const from = !leaf.byKey && this.keys[key] === MATCH ? asciiStart(value) : 0
    if (from > 0) {
      const hash = hashBytes(value, from, value.length - from, valueSeed(leaf.keyHash, HASH_STRING))
      if (!oneOf(leaf.hashes, hash)) return NO
    }
    return this.#decide(key, value)
  }

  #decide(key: number, value: Uint8Array): Verdict {
    const { test } = this.leaf
    // Only ops on all values together have no test, and those go by the key alone.
    if (test === undefined) return MAYBE
    return test(this.segment.attribute(key, value)) ? YES : NO
  }
}

/** False where no span, event or link of the block has the value: neither the dictionary knows it nor does it stand there. */
export function mayBeIn(memo: AttributeMemo, block: number): boolean {
  const { level } = memo.leaf
  if (level === 'resource' || level === 'scope') return false
  if (memo.inDictionary || memo.eventNames.some((verdict) => verdict !== NO)) return true
  const { byKey, rawEvents, rawSpans, rests } = memo.segment.values(block)
  if (rawEvents.count > 0 || rawSpans.count > 0) return true
  if (level === 'any' || level === 'link')
    for (let i = 0; i < rests.count; i++) if (hasLink(listEntry(rests, i))) return true
  for (const [key, list] of byKey) {
    if (memo.keys[key] === NO) continue
    for (let i = 0; i < list.count; i++) if (memo.inline(key, listEntry(list, i)) !== NO) return true
  }
  return false
}

/** A verdict for each row. */
export function attributeRows(memo: AttributeMemo, block: number): Uint8Array {
  const matcher = new TokenMatcher(memo, block)
  const { rows } = memo.segment.columns(block)
  const verdicts = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) verdicts[row] = matcher.row(row)
  return verdicts
}

class TokenMatcher {
  readonly #memo: AttributeMemo
  readonly #block: number
  readonly #columns: BlockColumns
  readonly #tokens: KeyTokens
  readonly #keys: Uint8Array
  #values: BlockValues | undefined

  constructor(memo: AttributeMemo, block: number) {
    this.#memo = memo
    this.#block = block
    this.#keys = memo.keys
    this.#columns = memo.segment.columns(block)
    this.#tokens = memo.tokens(block)
  }

  /** YES where an attribute decides; MAYBE where the row keeps messages that were not looked into. */
  row(row: number): Verdict {
    const { level } = this.#memo.leaf
    const columns = this.#columns
    const flags = columns.flags[row] as number
    if ((flags & ROW_RAW) !== 0) return MAYBE
    let verdict: Verdict = NO
    if (level === 'any' || level === 'span') {
      const { start, attributes } = this.#tokens
      verdict = this.#best(attributes, start[row] as number, start[row + 1] as number)
    }
    if (verdict !== YES && (level === 'any' || level === 'event')) verdict = larger(verdict, this.#events(row))
    if (verdict === NO && (level === 'any' || level === 'link') && (flags & ROW_REST) !== 0)
      return hasLink(keptBytes(columns, this.#inlineValues(), row)) ? MAYBE : NO
    return verdict
  }

  #best(attributes: AttributeCodes, from: number, to: number): Verdict {
    let verdict: Verdict = NO
    for (let i = from; i < to && verdict !== YES; i++) {
      const key = attributes.key[i] as number
      if (this.#keys[key] === NO) continue
      const code = attributes.code[i] as number
      const found =
        code === VALUE_INLINE
          ? this.#memo.inline(key, inlineValue(this.#inlineValues(), key, attributes.ordinal[i] as number))
          : this.#memo.entry(key, code)
      verdict = larger(verdict, found)
    }
    return verdict
  }

  #inlineValues(): BlockValues {
    return (this.#values ??= this.#memo.segment.values(this.#block))
  }

  #events(row: number): Verdict {
    const { eventStart, eventCode, eventAttributeStart, eventAttributes } = this.#tokens
    const { eventNames } = this.#memo
    let verdict: Verdict = NO
    for (let e = eventStart[row] as number; e < (eventStart[row + 1] as number) && verdict !== YES; e++) {
      const code = eventCode[e] as number
      verdict = larger(verdict, code === EVENT_RAW ? MAYBE : ((eventNames[code - 1] ?? NO) as Verdict))
      const from = eventAttributeStart[e] as number
      verdict = larger(verdict, this.#best(eventAttributes, from, eventAttributeStart[e + 1] as number))
    }
    return verdict
  }
}

function larger(a: Verdict, b: Verdict): Verdict {
  return a > b ? a : b
}

/** Where the text begins in a value that is a string of ASCII under 16 KiB, to the end of the value; 0 for all others. */
export function asciiStart(value: Uint8Array): number {
  if (value[0] !== VALUE_STRING) return 0
  const first = value[1] as number
  const second = value[2] as number
  const from = first < 0x80 ? 2 : second < 0x80 ? 3 : 0
  const length = from === 2 ? first : (first & 0x7f) | (second << 7)
  if (from === 0 || from + length !== value.length) return 0
  for (let i = from; i < value.length; i++) if ((value[i] as number) > 0x7f) return 0
  return from
}

/** Keys whose inline values can match: the key itself, and those of which the key is a path into a map. */
export function keyKinds(segment: Segment, asked: string): Uint8Array {
  const { keys } = segment
  const kinds = new Uint8Array(keys.count + 1)
  const text = new TextDecoder()
  kinds[KEY_WHOLE] = LOOK
  for (let i = 0; i < keys.count; i++) {
    const key = text.decode(listEntry(keys, i))
    if (key === asked) kinds[i + 1] = MATCH
    else if (asked.startsWith(`${key}.`)) kinds[i + 1] = LOOK
  }
  return kinds
}

/** The segment's shapes with only those keys that `kinds` does not rule out. */
export function shapesOf(segment: Segment, kinds: Uint8Array): Shapes {
  const none = new Uint32Array(0)
  return segment.shapes.map((shape) => {
    const left = shape.filter((key) => kinds[key] !== NO)
    return left.length === 0 ? none : left
  })
}

function matchingEntries(segment: Segment, leaf: AttributeLeaf): Set<number> {
  const { hashes, entries } = segment.dictionaryIndex
  const found = new Set<number>()
  for (const hash of leaf.hashes) {
    for (let i = lowerBound(hashes, hashes.length, hash); i < hashes.length && hashes[i] === hash; i++)
      found.add(entries[i] as number)
  }
  return found
}

function matchingEvents(segment: Segment, leaf: AttributeLeaf): Uint8Array {
  const { eventNames } = segment
  const matches = new Uint8Array(eventNames.count)
  const text = new TextDecoder()
  for (let i = 0; i < eventNames.count; i++) {
    const value = text.decode(listEntry(eventNames, i))
    if (value === '') continue
    if (leaf.test === undefined) matches[i] = MAYBE
    else matches[i] = leaf.test({ key: EVENT_NAME_KEY, value: { type: 'string', value } }) ? YES : NO
  }
  return matches
}

/** Whether further fields of a Span message hold a link. */
export function hasLink(rest: Uint8Array): boolean {
  const reader = new ByteReader(rest)
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === SPAN_LINK) return true
    if ((tag & 7) === 2) reader.take(reader.varint())
    else if ((tag & 7) === 5) reader.take(4)
    else reader.varint64()
  }
  return false
}
