// What a segment as a whole, a block, and a block's rows say to the leaves of a filter. The first two say no from filters
// and bounds without reading a span; the third looks at columns and dictionary numbers. See api/search/conditions.ts.

import { hashText } from '../../wire/otlp/hash.ts'
import {
  anyOf,
  type AttributeLeaf,
  type FieldLeaf,
  type Leaves,
  MAYBE,
  NO,
  type RowTest,
  type Verdict,
  YES,
} from '../api/search/conditions.ts'
import { columnTest, groupVerdict, groupVerdicts, numberTest } from '../api/search/rows.ts'
import type { BlockColumns } from './block-reader.ts'
import { listEntry } from './bytes.ts'
import { inFilter, saltHash } from './filter.ts'
import { ROW_RAW, ROW_REST, ROW_REST_STATUS } from './format.ts'
import { nameKey } from './seal-filters.ts'
import { tenantSalt } from './seal-meta.ts'
import type { Segment } from './segment.ts'
import type { BlockTable, SegmentGroups } from './segment-tables.ts'
import { AttributeMemo, attributeRows, mayBeIn } from './token-match.ts'

/** Decisions that hold for one search in one segment, made once. */
export class SegmentMemo {
  readonly segment: Segment
  readonly salt: number
  readonly #resources = new Map<FieldLeaf, (index: number) => Verdict>()
  readonly #names = new Map<FieldLeaf, (index: number) => Verdict>()
  readonly #groups = {
    resource: new Map<AttributeLeaf, (index: number) => Verdict>(),
    scope: new Map<AttributeLeaf, (index: number) => Verdict>(),
  }
  readonly #attributes = new Map<AttributeLeaf, AttributeMemo>()
  readonly #isOnce: boolean

  /** `isOnce`: very many blocks are looked at, each of them once. */
  constructor(segment: Segment, tenant: string, isOnce: boolean) {
    this.#isOnce = isOnce
    this.segment = segment
    this.salt = tenantSalt(tenant)
  }

  service(leaf: FieldLeaf): (resource: number) => Verdict {
    let verdict = this.#resources.get(leaf)
    if (verdict === undefined) {
      const { names } = this.segment.resources
      verdict = groupVerdicts((i) => (leaf.test({ text: names[i] ?? '' }) ? YES : NO))
      this.#resources.set(leaf, verdict)
    }
    return verdict
  }

  group(which: 'resource' | 'scope', leaf: AttributeLeaf): (index: number) => Verdict {
    let verdict = this.#groups[which].get(leaf)
    if (verdict === undefined) {
      verdict = groupDecision(which === 'resource' ? this.segment.resources : this.segment.scopes, leaf)
      this.#groups[which].set(leaf, verdict)
    }
    return verdict
  }

  attribute(leaf: AttributeLeaf): AttributeMemo {
    let memo = this.#attributes.get(leaf)
    if (memo === undefined) {
      memo = new AttributeMemo(this.segment, leaf, this.#isOnce)
      this.#attributes.set(leaf, memo)
    }
    return memo
  }

  name(leaf: FieldLeaf): (name: number) => Verdict {
    let verdict = this.#names.get(leaf)
    if (verdict === undefined) {
      const { names } = this.segment
      const text = new TextDecoder()
      verdict = groupVerdicts((i) => (leaf.test({ text: text.decode(listEntry(names, i)) }) ? YES : NO))
      this.#names.set(leaf, verdict)
    }
    return verdict
  }
}

/** Hashes say no; the attributes themselves decide the rest, once for each group. */
function groupDecision(groups: SegmentGroups, leaf: AttributeLeaf): (index: number) => Verdict {
  const { test } = leaf
  const byHash = groupVerdict(groups.table, leaf.hashes)
  return groupVerdicts((i) => {
    const may = byHash(i)
    if (may === NO || test === undefined) return may
    return groups.attributes(i).some(test) ? YES : NO
  })
}

/** The verdict of a set of verdicts on parts. */
function ofAll(verdicts: Iterable<Verdict>): Verdict {
  let some = false
  let all = true
  for (const verdict of verdicts) {
    if (verdict !== NO) some = true
    if (verdict !== YES) all = false
  }
  if (!some) return NO
  return all ? YES : MAYBE
}

/** Names are asked of the filter where they are asked for by their text. */
function nameInFilter(leaf: FieldLeaf, has: (hash: number) => boolean): Verdict {
  const { filter } = leaf
  const texts = filter.op === 'eq' ? [filter.value] : filter.op === 'in' ? filter.values : undefined
  if (texts === undefined || texts.some((text) => typeof text !== 'string')) return MAYBE
  return texts.some((text) => has(nameKey(hashText(String(text))))) ? MAYBE : NO
}

function attributeInFilter(leaf: AttributeLeaf, has: (hash: number) => boolean): Verdict {
  if (leaf.virtual !== undefined) return MAYBE
  return leaf.hashes.some((hash) => has(hash)) ? MAYBE : NO
}

/** Over a whole segment. */
export class SegmentLeaves implements Leaves {
  readonly #memo: SegmentMemo

  constructor(memo: SegmentMemo) {
    this.#memo = memo
  }

  field(leaf: FieldLeaf): RowTest {
    const { segment } = this.#memo
    if (leaf.field === 'service') {
      const verdict = this.#memo.service(leaf)
      return ofAll(segment.resources.messages.map((_, i) => verdict(i)))
    }
    return leaf.field === 'name' ? nameInFilter(leaf, (hash) => this.#has(hash)) : MAYBE
  }

  attribute(leaf: AttributeLeaf): RowTest {
    return attributeInFilter(leaf, (hash) => this.#has(hash))
  }

  #has(hash: number): boolean {
    return inFilter(this.#memo.segment.filter, saltHash(hash, this.#memo.salt))
  }
}

/** Over one block. */
export class BlockLeaves implements Leaves {
  readonly #memo: SegmentMemo
  readonly #blocks: BlockTable
  readonly #block: number

  constructor(memo: SegmentMemo, blocks: BlockTable, block: number) {
    this.#memo = memo
    this.#blocks = blocks
    this.#block = block
  }

  field(leaf: FieldLeaf): RowTest {
    switch (leaf.field) {
      case 'service': {
        const verdict = this.#memo.service(leaf)
        return ofAll(Array.from(this.#blocks.resources[this.#block] ?? [], verdict))
      }
      case 'name':
        return nameInFilter(leaf, (hash) => this.#has(hash))
      case 'duration': {
        const longest = word64(this.#blocks.maxDuration, this.#block)
        return leaf.range !== undefined && leaf.range.min > longest ? NO : MAYBE
      }
      case 'start': {
        const newest = word64(this.#blocks.maxStart, this.#block)
        const oldest = word64(this.#blocks.minStart, this.#block)
        return leaf.range !== undefined && (leaf.range.min > newest || leaf.range.max < oldest) ? NO : MAYBE
      }
      default:
        return MAYBE
    }
  }

  /** The filter lets one value in forty through: before columns are read for nothing, the values that stand in the block say. */
  attribute(leaf: AttributeLeaf): RowTest {
    const may = attributeInFilter(leaf, (hash) => this.#has(hash))
    if (may === NO || leaf.byKey || leaf.virtual !== undefined) return may
    return this.#groupsMay(leaf) || mayBeIn(this.#memo.attribute(leaf), this.#block) ? MAYBE : NO
  }

  #groupsMay(leaf: AttributeLeaf): boolean {
    const { level } = leaf
    const { resources } = this.#blocks
    if (level === 'any' || level === 'resource') {
      const verdict = this.#memo.group('resource', leaf)
      if (resources[this.#block]?.some((resource) => verdict(resource) !== NO) === true) return true
    }
    if (level !== 'any' && level !== 'scope') return false
    const verdict = this.#memo.group('scope', leaf)
    return this.#memo.segment.scopes.messages.some((_, scope) => verdict(scope) !== NO)
  }

  #has(hash: number): boolean {
    const { filterAt, filterWords } = this.#blocks
    const { segment, salt } = this.#memo
    return inFilter(segment.blockFilters, saltHash(hash, salt), filterAt[this.#block], filterWords[this.#block])
  }
}

function word64(column: Uint32Array, at: number): bigint {
  return (BigInt(column[at * 2 + 1] as number) << 32n) | BigInt(column[at * 2] as number)
}

/** Over the rows of one block. */
export class BlockRowLeaves implements Leaves {
  readonly #memo: SegmentMemo
  readonly #columns: BlockColumns
  readonly #block: number

  constructor(memo: SegmentMemo, block: number) {
    this.#memo = memo
    this.#block = block
    this.#columns = memo.segment.columns(block)
  }

  field(leaf: FieldLeaf): RowTest {
    const columns = this.#columns
    switch (leaf.field) {
      case 'service': {
        const verdict = this.#memo.service(leaf)
        return (row) => verdict(columns.resource[row] as number)
      }
      case 'name': {
        const verdict = this.#memo.name(leaf)
        return (row) => verdict(columns.name[row] as number)
      }
      default:
        return columnTest(leaf, columns)
    }
  }

  attribute(leaf: AttributeLeaf): RowTest {
    const { segment, salt } = this.#memo
    const { level } = leaf
    const { filterAt, filterWords } = segment.blocks
    const tests: RowTest[] = []
    if (leaf.virtual !== undefined) tests.push(this.#virtual(leaf))
    const at = filterAt[this.#block] as number
    const words = filterWords[this.#block] as number
    const here = leaf.hashes.some((hash) => inFilter(segment.blockFilters, saltHash(hash, salt), at, words))
    if (here && level !== 'resource' && level !== 'scope') {
      const rows = attributeRows(this.#memo.attribute(leaf), this.#block)
      tests.push((row) => rows[row] as Verdict)
    }
    if (here && (level === 'any' || level === 'resource')) tests.push(this.#group('resource', leaf))
    if (here && (level === 'any' || level === 'scope')) tests.push(this.#group('scope', leaf))
    return anyOf(tests)
  }

  #group(which: 'resource' | 'scope', leaf: AttributeLeaf): (row: number) => Verdict {
    const column = this.#columns[which]
    const verdict = this.#memo.group(which, leaf)
    return (row) => verdict(column[row] as number)
  }

  #virtual(leaf: AttributeLeaf): (row: number) => Verdict {
    const { flags, kind, status, scope } = this.#columns
    const virtual = leaf.virtual
    if (virtual === undefined) return () => NO
    switch (virtual.source.column) {
      case 'kind':
      case 'status':
        return numberTest(virtual, virtual.source.column === 'kind' ? kind : status)
      case 'scopeName': {
        const { names } = this.#memo.segment.scopes
        const verdict = groupVerdicts((i) => virtual.ofText(names[i] ?? ''))
        return (row) => verdict(scope[row] as number)
      }
      case 'scopeVersion':
        return () => MAYBE
      case 'statusMessage':
        return (row) => (((flags[row] as number) & (ROW_RAW | ROW_REST_STATUS)) === 0 ? NO : MAYBE)
      case 'traceState':
        return (row) => (((flags[row] as number) & (ROW_RAW | ROW_REST)) === 0 ? NO : MAYBE)
    }
  }
}
