// Which rows of a block may have an attribute that a leaf asks for: by dictionary numbers and, for inline values, by their
// hashes. A row that keeps whole messages (raw spans, raw events, links) may always.

import { EVENT_NAME_KEY, HASH_STRING, attributeHash, hashBytes, valueSeed } from '../../wire/otlp/hash.ts'
import { SPAN_LINK, VALUE_ARRAY, VALUE_MAP, VALUE_STRING } from '../../wire/otlp/fields.ts'
import { type AttributeLeaf, MAYBE, NO, oneOf } from '../api/search/conditions.ts'
import {
  type AttributeCodes,
  type BlockColumns,
  type BlockTokens,
  type BlockValues,
  inlineValue,
  keptBytes,
} from './block-reader.ts'
import { ByteReader, listEntry } from './bytes.ts'
import { EVENT_RAW, KEY_WHOLE, ROW_RAW, ROW_REST, VALUE_INLINE } from './format.ts'
import type { Segment } from './segment.ts'
import { lowerBound } from './segment-tables.ts'

/** What a key says: no; a value of it may match deeper down (arrays, maps, whole KeyValues); it is the key asked for. */
const LOOK = 1
const MATCH = 2

/** A verdict for each row: NO or MAYBE. */
export function attributeRows(segment: Segment, block: number, leaf: AttributeLeaf): Uint8Array {
  const matcher = new TokenMatcher(segment, block, leaf)
  const { rows } = segment.columns(block)
  const verdicts = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) verdicts[row] = matcher.row(row) ? MAYBE : NO
  return verdicts
}

class TokenMatcher {
  readonly #segment: Segment
  readonly #block: number
  readonly #leaf: AttributeLeaf
  readonly #columns: BlockColumns
  readonly #tokens: BlockTokens
  readonly #entryStart: Uint32Array
  #values: BlockValues | undefined
  /** By inline key, 0 for whole KeyValues. */
  readonly #keys: Uint8Array
  readonly #entries: Set<number>
  readonly #eventNames: Uint8Array

  constructor(segment: Segment, block: number, leaf: AttributeLeaf) {
    this.#segment = segment
    this.#block = block
    this.#leaf = leaf
    this.#columns = segment.columns(block)
    this.#tokens = segment.tokens(block)
    this.#entryStart = segment.entryStart
    this.#keys = keyKinds(segment, leaf)
    this.#entries = matchingEntries(segment, leaf)
    this.#eventNames = leaf.key === EVENT_NAME_KEY ? matchingEvents(segment, leaf) : new Uint8Array(0)
  }

  row(row: number): boolean {
    const { level } = this.#leaf
    const columns = this.#columns
    const flags = columns.flags[row] as number
    if ((flags & ROW_RAW) !== 0) return true
    if (level === 'any' || level === 'span') {
      const { start, attributes } = this.#tokens
      if (this.#any(attributes, start[row] as number, start[row + 1] as number)) return true
    }
    if ((level === 'any' || level === 'event') && this.#events(row)) return true
    if ((level === 'any' || level === 'link') && (flags & ROW_REST) !== 0) {
      return hasLink(keptBytes(columns, this.#segment.values(this.#block), row))
    }
    return false
  }

  #any(attributes: AttributeCodes, from: number, to: number): boolean {
    for (let i = from; i < to; i++) {
      const key = attributes.key[i] as number
      const kind = this.#keys[key] as number
      if (kind === NO) continue
      if (kind === MATCH && this.#leaf.byKey) return true
      const code = attributes.code[i] as number
      if (
        code === VALUE_INLINE ? this.#inline(key, attributes.ordinal[i] as number, kind) : this.#inDictionary(key, code)
      )
        return true
    }
    return false
  }

  #inDictionary(key: number, code: number): boolean {
    // The index has no key-only hashes of plain values: whole KeyValues, asked for by key, are all looked at.
    return (key === KEY_WHOLE && this.#leaf.byKey) || this.#entries.has((this.#entryStart[key] as number) + code - 1)
  }

  /** Whether an inline value has one of the hashes. */
  #inline(key: number, ordinal: number, kind: number): boolean {
    this.#values ??= this.#segment.values(this.#block)
    const value = inlineValue(this.#values, key, ordinal)
    const first = value[0]
    const nested = first === VALUE_MAP || first === VALUE_ARRAY
    if (kind === LOOK && key !== KEY_WHOLE && !nested) return false
    if (
      kind === MATCH &&
      first === VALUE_STRING &&
      value.length < 130 &&
      value.length - 2 === value[1] &&
      isAscii(value)
    ) {
      return oneOf(this.#leaf.hashes, hashBytes(value, 2, value.length - 2, valueSeed(this.#leaf.keyHash, HASH_STRING)))
    }
    return this.#segment.hashesOf(key, value).some((hash) => oneOf(this.#leaf.hashes, hash))
  }

  #events(row: number): boolean {
    const { eventStart, eventCode, eventAttributeStart, eventAttributes } = this.#tokens
    for (let e = eventStart[row] as number; e < (eventStart[row + 1] as number); e++) {
      const code = eventCode[e] as number
      if (code === EVENT_RAW || (this.#eventNames[code - 1] ?? 0) === 1) return true
      if (this.#any(eventAttributes, eventAttributeStart[e] as number, eventAttributeStart[e + 1] as number))
        return true
    }
    return false
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 2; i < bytes.length; i++) if ((bytes[i] as number) > 0x7f) return false
  return true
}

/** Keys whose inline values can match: the key itself, and those of which the key is a path into a map. */
function keyKinds(segment: Segment, leaf: AttributeLeaf): Uint8Array {
  const { keys } = segment
  const kinds = new Uint8Array(keys.count + 1)
  const text = new TextDecoder()
  kinds[KEY_WHOLE] = LOOK
  for (let i = 0; i < keys.count; i++) {
    const key = text.decode(listEntry(keys, i))
    if (key === leaf.key) kinds[i + 1] = MATCH
    else if (leaf.key.startsWith(`${key}.`)) kinds[i + 1] = LOOK
  }
  return kinds
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
    const matched = leaf.byKey || oneOf(leaf.hashes, attributeHash(EVENT_NAME_KEY, { type: 'string', value }))
    matches[i] = matched && value !== '' ? 1 : 0
  }
  return matches
}

/** Whether further fields of a Span message hold a link. */
function hasLink(rest: Uint8Array): boolean {
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
