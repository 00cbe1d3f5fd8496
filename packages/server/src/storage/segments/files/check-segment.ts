// Checks what a segment says: that its parts agree with the manifest and with each other, that every span can be made again
// from its block, and that the filters, the trace index and the list of operations know every one.

import { isDeepStrictEqual } from 'node:util'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import type { SpanBatch } from '../../../wire/otlp/span-batch.ts'
import { TraceBuilder } from '../../api/search/trace-builder.ts'
import { joinWords } from '../../api/search/merge.ts'
import { HashSet, inFilter, saltHash } from '../filter.ts'
import { PART, PIECES_PER_PAGE, type SegmentMeta, traceFingerprint } from '../format.ts'
import type { ManifestEntry } from '../manifest.ts'
import { nameKey } from '../seal-filters.ts'
import { tenantSalt } from '../seal-meta.ts'
import type { Segment } from '../segment.ts'
import type { OpenFiles, SegmentFile } from '../segment-file.ts'
import { BlockSpans } from '../segment-source.ts'
import { checkCoverage, checkLayout } from './check-layout.ts'
import type { Findings } from './findings.ts'

/** `name`: for the findings; `segment` reads the same file. */
export function checkSegment(
  name: string,
  segment: Segment,
  file: SegmentFile,
  files: OpenFiles,
  findings: Findings,
): void {
  const entry = segment.entryInfo
  if (!checkLayout(name, entry, file, files, findings)) return
  const problem = (what: string): void => findings.problem(name, what)
  const readable = findings.guard(name, () => {
    checkMeta(file, entry, problem)
    checkBlockTable(segment, entry, problem)
    checkPieces(segment, entry, problem)
  })
  if (!readable) return
  const { blocks } = segment
  checkCoverage(name, entry.bytes, file.parts, blocks.streams.flat(), findings)
  const known = operationsOf(segment)
  for (let block = 0; block < blocks.count; block++) {
    const what = `block ${block}`
    findings.guard(name, () => checkBlock(segment, block, known, (found) => problem(`${what}: ${found}`)))
  }
}

type Tell = (what: string) => void

function checkMeta(file: SegmentFile, entry: ManifestEntry, problem: Tell): void {
  const meta = JSON.parse(file.part(PART.meta)?.toString('utf8') ?? '{}') as SegmentMeta
  const listed: Readonly<Record<string, unknown>> = { ...entry }
  for (const [key, value] of Object.entries(meta))
    if (!isDeepStrictEqual(listed[key], value)) problem(`the manifest says otherwise of its ${key}`)
}

function checkBlockTable({ blocks }: Segment, entry: ManifestEntry, problem: Tell): void {
  if (blocks.count !== entry.blocks) problem(`has ${blocks.count} blocks, and its meta says ${entry.blocks}`)
  const rows = sum(blocks.rows, 0, blocks.count)
  if (rows !== entry.spans) problem(`has ${rows} spans, and its meta says ${entry.spans}`)
  let next = 0
  for (const tenant of entry.tenants) {
    if (tenant.firstBlock !== next) problem(`block ${next} belongs to no tenant, or to two`)
    next = tenant.firstBlock + tenant.blocks
    const spans = sum(blocks.rows, tenant.firstBlock, next)
    if (spans !== tenant.spans) problem(`has ${spans} spans of a tenant, and its meta says ${tenant.spans}`)
  }
  if (next !== blocks.count) problem(`block ${next} belongs to no tenant`)
}

function sum(column: Uint32Array, from: number, to: number): number {
  let total = 0
  for (let i = from; i < to; i++) total += column[i] ?? 0
  return total
}

/** Pieces cover the rows of their blocks, and the trace index has each once, under its trace. */
function checkPieces(segment: Segment, { pieces }: ManifestEntry, problem: Tell): void {
  const { blocks, traceIndex } = segment
  if (traceIndex.length !== pieces * 2) problem(`the trace index has ${traceIndex.length / 2} of ${pieces} pieces`)
  const fingerprints = new Uint32Array(pieces)
  let block = -1
  let row = 0
  for (let number = 0; number < pieces; number++) {
    const page = segment.pieces(Math.floor(number / PIECES_PER_PAGE))
    const at = number % PIECES_PER_PAGE
    if (number === (blocks.firstPiece[block + 1] ?? pieces)) {
      if (block >= 0 && row !== blocks.rows[block]) problem(`block ${block}: its pieces have ${row} rows`)
      block++
      row = 0
    }
    if (page.block[at] !== block || page.firstRow[at] !== row) problem(`piece ${number} is not where its block has it`)
    row += page.rows[at] ?? 0
    fingerprints[number] = traceFingerprint(page.ids[at * 4 + 2] ?? 0, page.ids[at * 4 + 3] ?? 0)
  }
  const seen = new Uint8Array(pieces)
  for (let i = 0; i < pieces; i++) {
    const piece = traceIndex[pieces + i] ?? pieces
    if (seen[piece] !== 0 || fingerprints[piece] !== traceIndex[i]) problem(`entry ${i} of the trace index is wrong`)
    if (i > 0 && (traceIndex[i] ?? 0) < (traceIndex[i - 1] ?? 0))
      problem(`entry ${i} of the trace index is out of order`)
    seen[piece] = 1
  }
}

function operationsOf(segment: Segment): ReadonlySet<string> {
  return new Set(segment.operations.map(({ service, name, kind }) => JSON.stringify([service, name, kind])))
}

function checkBlock(segment: Segment, block: number, known: ReadonlySet<string>, problem: Tell): void {
  const { blocks, resources, scopes, names } = segment
  const columns = segment.columns(block)
  const { rows } = columns
  if (rows !== blocks.rows[block]) problem(`has ${rows} rows, and its pieces ${blocks.rows[block]}`)
  const used = new Set<number>()
  for (let row = 0; row < rows; row++) {
    used.add(columns.resource[row] ?? -1)
    const scope = columns.scope[row] ?? 0
    const name = columns.name[row] ?? 0
    if (scope >= scopes.messages.length || name >= names.count) problem(`row ${row} names what is not there`)
  }
  const listed = [...(blocks.resources[block] ?? [])]
  if (
    !isDeepStrictEqual(
      [...used].toSorted((a, b) => a - b),
      listed,
    )
  )
    problem('its list of resources is wrong')
  if (listed.some((resource) => resource >= resources.messages.length)) problem('it names a resource that is not there')
  checkTimes(segment, block, problem)
  const spans = new BlockSpans(segment, block)
  const builder = new TraceBuilder()
  for (let row = 0; row < rows; row++) spans.addTo(builder, row)
  const tenant = tenantOf(segment, block)
  const batch = scanOtlp(builder.finish(), { tenant })
  // Rows that are alike are one.
  const good = batch.spanCount - batch.refused.length
  if (good !== builder.spanCount) problem(`of ${builder.spanCount} rows only ${good} are spans`)
  checkFilters(segment, block, batch, tenantSalt(tenant), problem)
  checkOperations(batch, known, problem)
}

/** The bounds by which searches pass the block over. */
function checkTimes(segment: Segment, block: number, problem: Tell): void {
  const { minStart, maxStart, maxDuration } = segment.blocks
  const { start, duration, rows } = segment.columns(block)
  const at = (column: Uint32Array, i: number): bigint => joinWords(column[i * 2] ?? 0, column[i * 2 + 1] ?? 0)
  const [min, max, longest] = [at(minStart, block), at(maxStart, block), at(maxDuration, block)]
  for (let row = 0; row < rows; row++) {
    const ns = at(start, row)
    if (ns < min || ns > max || at(duration, row) > longest) problem(`row ${row} is outside of its bounds`)
  }
}

function tenantOf({ entryInfo }: Segment, block: number): string {
  return (
    entryInfo.tenants.find(({ firstBlock, blocks }) => block >= firstBlock && block < firstBlock + blocks)?.name ?? ''
  )
}

/** A hash that a filter does not know would hide its span from searches. */
function checkFilters(segment: Segment, block: number, batch: SpanBatch, salt: number, problem: Tell): void {
  const { filter, blockFilters, blocks } = segment
  const hashes = new HashSet(1 << 12)
  for (let at = 0; at < (batch.hashStart[batch.spanCount] ?? 0); at++) hashes.add(batch.hashes[at] ?? 0)
  for (const groups of [batch.resources, batch.scopes])
    for (let at = 0; at < (groups.hashStart[groups.count] ?? 0); at++) hashes.add(groups.hashes[at] ?? 0)
  for (let row = 0; row < batch.spanCount; row++) hashes.add(nameKey(batch.nameHash[row] ?? 0))
  const from = blocks.filterAt[block] ?? 0
  const words = blocks.filterWords[block] ?? 0
  let hidden = 0
  for (const hash of hashes.values()) {
    const salted = saltHash(hash, salt)
    if (!inFilter(filter, salted) || !inFilter(blockFilters, salted, from, words)) hidden++
  }
  if (hidden > 0) problem(`${hidden} values are not in its filters: searches would not find them`)
}

function checkOperations(batch: SpanBatch, known: ReadonlySet<string>, problem: Tell): void {
  const text = new TextDecoder()
  const of = (at: number, length: number): string => text.decode(batch.bytes.subarray(at, at + length))
  const asked = new Set<string>()
  for (let row = 0; row < batch.spanCount; row++) {
    const resource = batch.resource[row] ?? 0
    const { nameOffset, nameLength } = batch.resources
    const service = of(nameOffset[resource] ?? 0, nameLength[resource] ?? 0)
    const name = of(batch.nameOffset[row] ?? 0, batch.nameLength[row] ?? 0)
    asked.add(JSON.stringify([service, name, batch.kind[row] ?? 0]))
  }
  for (const operation of asked) if (!known.has(operation)) problem(`its list of operations lacks ${operation}`)
}
