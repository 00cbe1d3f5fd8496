// A filter, prepared for columns and hashes: each leaf says of a row no, maybe or yes, and and/or/not combine those. Maybe
// is then decided by the reference evaluator on the decoded span, so a wrong maybe costs time and never an answer; no and
// yes must be right.

import { compileFilter } from '@spoor/core/model/evaluate'
import type { AttributeLevel, Filter, FilterScalar, SpanField } from '@spoor/core/model/filter'
import { type Attribute, EMPTY_SPAN, type Span } from '@spoor/core/model/span'
import { virtualTag, type VirtualTag } from '@spoor/core/model/virtual-tags'
import { hashesOfText, keyHash } from '../../../wire/otlp/hash.ts'

export const NO = 0
export const MAYBE = 1
export const YES = 2
export type Verdict = typeof NO | typeof MAYBE | typeof YES

/** The same verdict for all rows, or one for each. */
export type RowTest = Verdict | ((row: number) => Verdict)

type LeafFilter = Exclude<Filter, { readonly op: 'and' | 'or' | 'not' }>

export interface FieldLeaf {
  readonly op: 'field'
  readonly field: SpanField
  /** The leaf decided on one value of its field, by the reference evaluator. */
  readonly test: (value: { readonly text?: string; readonly number?: number }) => boolean
  /** For kind and status: a verdict on each number (see numberVerdicts), made once. */
  readonly ofNumbers: () => Uint8Array
  /** For start and duration: the inclusive range that it allows, where it is a range. */
  readonly range: Range | undefined
  readonly filter: LeafFilter
}

/** Unsigned 64-bit bounds, both inclusive. */
export interface Range {
  readonly min: bigint
  readonly max: bigint
}

export interface AttributeLeaf {
  readonly op: 'attribute'
  readonly level: AttributeLevel
  readonly key: string
  readonly keyHash: number
  /** A row that satisfies the leaf by an attribute has one of these among its hashes. */
  readonly hashes: Uint32Array
  /** True where `hashes` is the key's only: the value decides elsewhere. */
  readonly byKey: boolean
  /**
   * Whether a span with this attribute, at a level that is asked for, satisfies the leaf whatever else it has; undefined
   * where that takes all values together.
   */
  readonly test: ((attribute: Attribute) => boolean) | undefined
  readonly virtual: VirtualLeaf | undefined
}

export interface VirtualLeaf {
  readonly source: VirtualTag['source']
  /**
   * For kind and status by number (see numberVerdicts): whether the virtual tag satisfies the leaf. YES only where nothing
   * can undo it. Made once.
   */
  readonly ofNumbers: () => Uint8Array
  /** For texts of span and scope. */
  readonly ofText: (text: string) => Verdict
}

export type Condition =
  | { readonly op: 'and' | 'or'; readonly args: readonly Condition[] }
  | { readonly op: 'not'; readonly arg: Condition }
  | FieldLeaf
  | AttributeLeaf

/** Prepares a filter. Throws as compileFilter does. */
export function prepare(filter: Filter): Condition {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, args: filter.args.map(prepare) }
    case 'not':
      return { op: 'not', arg: prepare(filter.arg) }
    default:
      return leaf(filter)
  }
}

function leaf(filter: LeafFilter): Condition {
  const { target } = filter
  if ('field' in target) return fieldLeaf(filter, target.field)
  if ('attr' in target) return attributeLeaf(filter, target.attr, target.level)
  throw new Error('conditions on the trace are not for columns of spans: see withoutTrace')
}

/** What a set of rows says to the leaves. */
export interface Leaves {
  field(leaf: FieldLeaf): RowTest
  attribute(leaf: AttributeLeaf): RowTest
}

export function bind(condition: Condition, leaves: Leaves): RowTest {
  switch (condition.op) {
    case 'field':
      return leaves.field(condition)
    case 'attribute':
      return leaves.attribute(condition)
    case 'not': {
      const test = bind(condition.arg, leaves)
      return typeof test === 'number' ? negate(test) : (row) => negate(test(row))
    }
    case 'and':
    case 'or':
      return combine(
        condition.op === 'and',
        condition.args.map((arg) => bind(arg, leaves)),
      )
  }
}

function negate(verdict: Verdict): Verdict {
  return verdict === NO ? YES : verdict === YES ? NO : MAYBE
}

/** The best that any of them says. */
export function anyOf(tests: readonly RowTest[]): RowTest {
  return combine(false, tests)
}

/** `and` takes the lowest verdict, `or` the highest. */
function combine(and: boolean, tests: readonly RowTest[]): RowTest {
  const decided = and ? NO : YES
  const neutral = and ? YES : NO
  const pick = (a: Verdict, b: Verdict): Verdict => ((and ? a < b : a > b) ? a : b)
  let constant: Verdict = neutral
  const open: ((row: number) => Verdict)[] = []
  for (const test of tests) {
    if (typeof test === 'number') constant = pick(constant, test)
    else open.push(test)
  }
  if (constant === decided || open.length === 0) return constant
  if (open.length === 1 && constant === neutral) return open[0] as (row: number) => Verdict
  return (row) => {
    let verdict = constant
    for (const test of open) {
      verdict = pick(verdict, test(row))
      if (verdict === decided) return decided
    }
    return verdict
  }
}

function fieldLeaf(filter: LeafFilter, field: SpanField): FieldLeaf {
  const test = compileFilter(filter)
  const spanOf = (text: string, number: number): Span => {
    switch (field) {
      case 'service':
        return { ...EMPTY_SPAN, resource: { ...EMPTY_SPAN.resource, serviceName: text } }
      case 'name':
        return { ...EMPTY_SPAN, name: text }
      case 'kind':
        return { ...EMPTY_SPAN, kind: number }
      default:
        return { ...EMPTY_SPAN, statusCode: number }
    }
  }
  const timed = field === 'start' || field === 'duration'
  return {
    op: 'field',
    field,
    filter,
    test: ({ text, number }) => test(spanOf(text ?? '', number ?? 0)),
    ofNumbers: numberVerdicts((number) => (test(spanOf('', number)) ? YES : NO)),
    range: timed ? rangeOf(filter) : undefined,
  }
}

/** The leaf as a function of start and duration, for what is no range. */
export function timeTest(leaf: FieldLeaf): (startNs: bigint, durationNs: bigint) => boolean {
  const test = compileFilter(leaf.filter)
  return (startNs, durationNs) => test({ ...EMPTY_SPAN, startNs, endNs: startNs + durationNs })
}

const LARGEST = 0xffff_ffff_ffff_ffffn

function rangeOf(filter: LeafFilter): Range | undefined {
  if (filter.op === 'exists') return { min: 0n, max: LARGEST }
  if (filter.op === 'in' || filter.op === 'ne' || filter.op === 'regex') return undefined
  const floor = floorOf(filter.value)
  if (floor === undefined) return undefined
  const whole = typeof filter.value === 'bigint' || Number.isInteger(filter.value)
  switch (filter.op) {
    case 'gt':
      return clamp(floor + 1n, LARGEST)
    case 'gte':
      return clamp(whole ? floor : floor + 1n, LARGEST)
    case 'lt':
      return clamp(0n, whole ? floor - 1n : floor)
    case 'lte':
      return clamp(0n, floor)
    case 'eq':
      return whole ? clamp(floor, floor) : clamp(1n, 0n)
  }
}

function floorOf(value: FilterScalar): bigint | undefined {
  if (typeof value === 'bigint') return value
  return typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.floor(value)) : undefined
}

/** An empty range has its bounds the wrong way round. */
function clamp(min: bigint, max: bigint): Range {
  return { min: min < 0n ? 0n : min, max: max > LARGEST ? LARGEST : max }
}

function attributeLeaf(filter: LeafFilter, key: string, level: AttributeLevel): AttributeLeaf {
  const byKey = filter.op !== 'eq' && filter.op !== 'in'
  const hash = keyHash(key)
  const hashes = byKey ? [hash] : operands(filter).flatMap((operand) => hashesOfText(key, String(operand)))
  const tag = level === 'any' || level === 'span' ? virtualTag(key) : undefined
  return {
    op: 'attribute',
    level,
    key,
    keyHash: hash,
    hashes: Uint32Array.from(new Set(hashes)),
    byKey,
    test: filter.op === 'ne' ? undefined : attributeTest({ ...filter, target: { attr: key, level: 'any' } }),
    virtual: tag === undefined ? undefined : virtualLeaf(filter, tag),
  }
}

/** A span without columns and scope has no virtual tags, so what the filter finds is the attribute. */
function attributeTest(filter: LeafFilter): (attribute: Attribute) => boolean {
  const test = compileFilter(filter)
  return (attribute) => test({ ...EMPTY_SPAN, attributes: [attribute] })
}

function operands(filter: LeafFilter): readonly FilterScalar[] {
  if (filter.op === 'exists') return []
  return filter.op === 'in' ? filter.values : [filter.value]
}

function virtualLeaf(filter: LeafFilter, tag: VirtualTag): VirtualLeaf {
  const test = compileFilter(filter)
  // `ne` looks at all values together, so one of them alone never makes it sure.
  const verdict = (span: Span): Verdict => (test(span) ? (filter.op === 'ne' ? MAYBE : YES) : NO)
  const { source } = tag
  return {
    source,
    ofNumbers: numberVerdicts((number) =>
      verdict(source.column === 'kind' ? { ...EMPTY_SPAN, kind: number } : { ...EMPTY_SPAN, statusCode: number }),
    ),
    ofText: (text) => {
      switch (source.column) {
        case 'statusMessage':
          return verdict({ ...EMPTY_SPAN, statusMessage: text })
        case 'traceState':
          return verdict({ ...EMPTY_SPAN, traceState: text })
        case 'scopeName':
          return verdict({ ...EMPTY_SPAN, scope: { ...EMPTY_SPAN.scope, name: text } })
        case 'scopeVersion':
          return verdict({ ...EMPTY_SPAN, scope: { ...EMPTY_SPAN.scope, version: text } })
        default:
          return NO
      }
    },
  }
}

/** A table of the verdicts on numbers 0 .. 255 (255: not known here), made when it is first asked for. */
function numberVerdicts(test: (number: number) => Verdict): () => Uint8Array {
  let verdicts: Uint8Array | undefined
  return () => (verdicts ??= Uint8Array.from({ length: 256 }, (_, i) => (i === 255 ? MAYBE : test(i))))
}

/** Whether a sorted or unsorted short list holds a hash. */
export function oneOf(hashes: Uint32Array, hash: number): boolean {
  for (let i = 0; i < hashes.length; i++) if (hashes[i] === hash) return true
  return false
}
