// Texts by which the rows of one segment count in a facet, by number: columns and dictionary numbers are turned into text once
// each. What the tables do not tell is decoded, and core's facetValues() has the word.

import { facetValues } from '@spoor/core/model/facets'
import type { AttributeLevel, FilterTarget } from '@spoor/core/model/filter'
import { type Attribute, EMPTY_SPAN, type Span } from '@spoor/core/model/span'
import { eachSearchable, valueText } from '@spoor/core/model/value-text'
import { virtualTag, type VirtualTag } from '@spoor/core/model/virtual-tags'
import { EVENT_NAME_KEY } from '../../../wire/otlp/hash.ts'
import type { TextCounts } from '../../api/search/text-counts.ts'
import { joinWords } from '../../api/search/merge.ts'
import {
  type AttributeCodes,
  type BlockColumns,
  type BlockValues,
  inlineValue,
  keptBytes,
  type KeyTokens,
  type Shapes,
} from '../block-reader.ts'
import { listEntry } from '../bytes.ts'
import { EVENT_RAW, ROW_RAW, ROW_REST, VALUE_INLINE } from '../format.ts'
import type { Segment } from '../segment.ts'
import { BlockSpans } from '../segment-source.ts'
import type { SegmentStrings } from '../span-rebuilder.ts'
import { asciiStart, hasLink, keyKinds, MATCH, shapesOf } from '../token-match.ts'

/** Above these a column says 255: the number stands in the message. */
const UNKNOWN_NUMBER = 255

/** Appends the numbers of a row's texts. */
export type RowValues = (row: number, into: number[]) => void

/** For the rows of one segment; block() for each block. */
export class SegmentValues {
  readonly #segment: Segment
  readonly #target: FilterTarget
  readonly #texts: TextCounts
  readonly #byNumber: (number[] | undefined)[] = []
  readonly #attributes: AttributeValues | undefined

  constructor(segment: Segment, target: FilterTarget, texts: TextCounts) {
    this.#segment = segment
    this.#target = target
    this.#texts = texts
    if ('attr' in target) this.#attributes = new AttributeValues(segment, target.attr, target.level, texts)
  }

  block(block: number): RowValues {
    const target = this.#target
    const columns = this.#segment.columns(block)
    let spans: BlockSpans | undefined
    const decoded: RowValues = (row, into) => {
      const span = (spans ??= new BlockSpans(this.#segment, block)).span(row)
      if (span !== undefined) for (const text of facetValues(target, span)) into.push(this.#texts.numberOf(text))
    }
    if (this.#attributes !== undefined) return this.#attributes.block(block, decoded)
    if (!('field' in target)) return decoded
    const { names } = this.#segment.resources
    switch (target.field) {
      case 'service':
        return this.#column(columns.resource, (i) => [names[i] ?? ''])
      case 'name':
        return this.#column(columns.name, (i) => [this.#segment.name(i)])
      case 'kind':
      case 'status': {
        const column = target.field === 'kind' ? columns.kind : columns.status
        const field = target.field === 'kind' ? 'kind' : 'statusCode'
        const values = this.#column(column, (number) => facetValues(target, { ...EMPTY_SPAN, [field]: number }))
        return (row, into) => (column[row] === UNKNOWN_NUMBER ? decoded(row, into) : values(row, into))
      }
      default: {
        const column = target.field === 'start' ? columns.start : columns.duration
        return (row, into) => {
          const ns = joinWords(column[row * 2] as number, column[row * 2 + 1] as number)
          into.push(this.#texts.numberOf(String(ns)))
        }
      }
    }
  }

  #column(column: Uint32Array | Uint8Array, textsOf: (number: number) => readonly string[]): RowValues {
    const known = this.#byNumber
    return (row, into) => {
      const number = column[row] as number
      const values = (known[number] ??= textsOf(number).map((text) => this.#texts.numberOf(text)))
      for (const value of values) into.push(value)
    }
  }
}

const NONE: readonly number[] = []

class AttributeValues {
  readonly #segment: Segment
  readonly #key: string
  readonly #level: AttributeLevel
  readonly #texts: TextCounts
  readonly #keys: Uint8Array
  readonly #shapes: Shapes
  readonly #strings: SegmentStrings
  readonly #virtual: VirtualTag | undefined
  /** By key and code. */
  readonly #entries: (readonly number[] | undefined)[][] = []
  readonly #resources: (readonly number[])[] = []
  readonly #scopes: (readonly number[])[] = []
  readonly #virtuals: (readonly number[])[] = []
  readonly #eventNames: (readonly number[])[] = []

  constructor(segment: Segment, key: string, level: AttributeLevel, texts: TextCounts) {
    this.#segment = segment
    this.#key = key
    this.#level = level
    this.#texts = texts
    this.#keys = keyKinds(segment, key)
    this.#shapes = shapesOf(segment, this.#keys)
    this.#strings = segment.strings()
    this.#virtual = level === 'any' || level === 'span' ? virtualTag(key) : undefined
  }

  block(block: number, decoded: RowValues): RowValues {
    const segment = this.#segment
    const columns = segment.columns(block)
    const any = this.#level === 'any'
    const level = this.#level
    const inner = level === 'resource' || level === 'scope' ? undefined : this.#inner(block, columns)
    const isKept = this.#isKept(block, columns)
    const groups = (row: number, into: number[]): void => {
      if (any || level === 'resource')
        append(into, (this.#resources[columns.resource[row] as number] ??= this.#group('resources', columns, row)))
      if (any || level === 'scope')
        append(into, (this.#scopes[columns.scope[row] as number] ??= this.#group('scopes', columns, row)))
    }
    return (row, into) => {
      if (isKept(row)) decoded(row, into)
      else {
        const before = into.length
        if (inner?.(row, into) === false) {
          into.length = before
          decoded(row, into)
        } else groups(row, into)
      }
    }
  }

  /** Whole messages, links, status message and trace state are not in the tables. */
  #isKept(block: number, columns: BlockColumns): (row: number) => boolean {
    const level = this.#level
    const source = this.#virtual?.source.column
    const texts = source === 'statusMessage' || source === 'traceState'
    const links = level === 'any' || level === 'link'
    let values: BlockValues | undefined
    return (row) => {
      const flags = columns.flags[row] as number
      if ((flags & ROW_RAW) !== 0) return level !== 'resource' && level !== 'scope'
      if ((flags & ROW_REST) === 0) return false
      return texts || (links && hasLink(keptBytes(columns, (values ??= this.#segment.values(block)), row)))
    }
  }

  #group(which: 'resources' | 'scopes', columns: BlockColumns, row: number): readonly number[] {
    const column = which === 'resources' ? columns.resource : columns.scope
    return this.#segment[which].attributes(column[row] as number).flatMap((attribute) => this.#valuesOf(attribute))
  }

  /** Of span and events; false where the row has to be decoded. */
  #inner(block: number, columns: BlockColumns): (row: number, into: number[]) => boolean {
    const tokens = this.#segment.keyTokens(block, this.#shapes)
    const level = this.#level
    const any = level === 'any'
    const virtual = this.#virtualOf(columns)
    let values: BlockValues | undefined
    const valuesOf = (): BlockValues => (values ??= this.#segment.values(block))
    return (row, into) => {
      if (any || level === 'span') {
        const { start, attributes } = tokens
        this.#codes(attributes, start[row] as number, start[row + 1] as number, valuesOf, into)
        if (virtual !== undefined) append(into, virtual(row))
      }
      return any || level === 'event' ? this.#events(tokens, row, valuesOf, into) : true
    }
  }

  #codes(codes: AttributeCodes, from: number, to: number, values: () => BlockValues, into: number[]): void {
    for (let i = from; i < to; i++) {
      const key = codes.key[i] as number
      if (this.#keys[key] === 0) continue
      const code = codes.code[i] as number
      if (code === VALUE_INLINE) {
        this.#inline(values(), key, codes.ordinal[i] as number, into)
        continue
      }
      const entries = (this.#entries[key] ??= [])
      append(
        into,
        (entries[code] ??= this.#valuesOf(this.#segment.attribute(key, this.#strings.dictionaryValue(key, code)))),
      )
    }
  }

  /** Most values that stand in a block are texts that are there once: they are looked up as the bytes they are. */
  #inline(values: BlockValues, key: number, ordinal: number, into: number[]): void {
    const bytes = inlineValue(values, key, ordinal)
    const from = this.#keys[key] === MATCH ? asciiStart(bytes) : 0
    if (from > 0) into.push(this.#texts.numberOfAscii(bytes, from, bytes.length))
    else append(into, this.#valuesOf(this.#segment.attribute(key, bytes)))
  }

  #events(tokens: KeyTokens, row: number, values: () => BlockValues, into: number[]): boolean {
    const { eventStart, eventCode, eventAttributeStart, eventAttributes } = tokens
    for (let e = eventStart[row] as number; e < (eventStart[row + 1] as number); e++) {
      const code = eventCode[e] as number
      if (code === EVENT_RAW) return false
      if (this.#key === EVENT_NAME_KEY) append(into, (this.#eventNames[code - 1] ??= this.#eventName(code - 1)))
      const from = eventAttributeStart[e] as number
      this.#codes(eventAttributes, from, eventAttributeStart[e + 1] as number, values, into)
    }
    return true
  }

  #eventName(number: number): readonly number[] {
    const name = new TextDecoder().decode(listEntry(this.#segment.eventNames, number))
    return name === '' ? NONE : [this.#texts.numberOf(name)]
  }

  /** By kind, status or scope; texts that stand in further fields do not come here. */
  #virtualOf(columns: BlockColumns): ((row: number) => readonly number[]) | undefined {
    const tag = this.#virtual
    if (tag === undefined) return undefined
    const { column } = tag.source
    if (column === 'statusMessage' || column === 'traceState') return undefined
    const read = (span: Span): readonly number[] => {
      const value = tag.read(span)
      return value === undefined ? NONE : [this.#texts.numberOf(valueText(value))]
    }
    const known = this.#virtuals
    if (column === 'kind') return (row) => (known[columns.kind[row] as number] ??= read(withKind(columns, row)))
    if (column === 'status') return (row) => (known[columns.status[row] as number] ??= read(withStatus(columns, row)))
    return (row) => {
      const scope = columns.scope[row] as number
      return (known[scope] ??= read({ ...EMPTY_SPAN, scope: this.#segment.scopes.scope(scope) }))
    }
  }

  #valuesOf(attribute: Attribute): readonly number[] {
    const found: number[] = []
    eachSearchable(attribute.key, attribute.value, (key, value) => {
      if (key === this.#key) found.push(this.#texts.numberOf(valueText(value)))
    })
    return found
  }
}

function withKind({ kind }: BlockColumns, row: number): Span {
  return { ...EMPTY_SPAN, kind: kind[row] as number }
}

function withStatus({ status }: BlockColumns, row: number): Span {
  return { ...EMPTY_SPAN, statusCode: status[row] as number }
}

function append(into: number[], values: readonly number[]): void {
  for (const value of values) into.push(value)
}
