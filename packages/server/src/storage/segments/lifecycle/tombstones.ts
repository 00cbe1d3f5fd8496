// Deletions that readers obey before the bytes are gone. A tombstone names what was deleted and before what: segments below a
// number, and records of the heads of that moment. So nothing that comes later is touched, and a replay of the spool finds the
// same rows again. Plain data: it crosses threads and stands in the manifest.

import { PROBE_TENANT } from '../../api/probe.ts'
import { checkTarget, type DeleteTarget } from '../../api/admin.ts'
import { textAt, timeRange, traceIdAt, within } from '../../api/search/rows.ts'
import type { Head } from '../head.ts'
import type { Segment } from '../segment.ts'

/** As in DeleteTarget; times as decimal texts. */
export type TombstoneTarget =
  | { readonly traceIds: readonly string[] }
  | { readonly service: string; readonly startMinNs: string; readonly startMaxNs: string }
  | { readonly everything: true }

/** Rows of a head before one of its records. */
export interface HeadBound {
  readonly head: number
  readonly record: number
}

export interface Tombstone {
  readonly id: number
  readonly tenant: string
  readonly target: TombstoneTarget
  /** Unix ms. */
  readonly atMs: number
  /** Segments with lower numbers. */
  readonly beforeSegment: number
  readonly heads: readonly HeadBound[]
}

/** A tombstone's rows of one head: those below `rows`. */
export interface HeadCut {
  readonly tombstone: Tombstone
  readonly rows: number
}

/** Says which rows are hidden. */
export type Hides = (row: number) => boolean

/** Throws SpoorError `invalid`. */
export function tombstoneTarget(given: DeleteTarget): TombstoneTarget {
  const target = checkTarget(given)
  if (!('service' in target)) return target
  const { service, startMinNs, startMaxNs } = target
  return { service, startMinNs: String(startMinNs), startMaxNs: String(startMaxNs) }
}

/** One line for logs. */
export function describeTarget(target: TombstoneTarget): string {
  if ('everything' in target) return 'everything'
  if ('traceIds' in target) return `traces ${target.traceIds.join(', ')}`
  return `service ${target.service} from ${target.startMinNs} to ${target.startMaxNs}`
}

/** The server's own probes among the first `rows` of a head: they are never sealed. */
export function probesOf(rows: number): HeadCut {
  const target = { everything: true } as const
  return { tombstone: { id: 0, tenant: PROBE_TENANT, target, atMs: 0, beforeSegment: 0, heads: [] }, rows }
}

/** Which rows of a head are hidden; undefined where none is. */
export function hiddenInHead(head: Head, cuts: readonly HeadCut[]): Hides | undefined {
  const tests = cuts.map((cut) => headTest(head, cut)).filter((test) => test !== undefined)
  return tests.length === 0 ? undefined : (row) => tests.some((test) => test(row))
}

function headTest(head: Head, { tombstone, rows }: HeadCut): Hides | undefined {
  const tenant = head.tenantIndex(tombstone.tenant)
  if (tenant < 0 || rows === 0) return undefined
  const { target } = tombstone
  const mine = (row: number): boolean => row < rows && head.tenantOf(row) === tenant
  if ('everything' in target) return mine
  if ('traceIds' in target) {
    const ids = new Set(target.traceIds)
    const lows = new Set(target.traceIds.map(lastWord))
    return (row) => lows.has(head.ids[row * 8 + 3] as number) && mine(row) && ids.has(traceIdAt(head.ids, row * 8))
  }
  const range = rangeOf(target)
  const { nameOffset, nameLength } = head.resources
  const services = new Map<number, boolean>()
  const isService = (resource: number): boolean => {
    let is = services.get(resource)
    if (is === undefined) {
      is = textAt(head.bytes, nameOffset[resource] as number, nameLength[resource] as number) === target.service
      services.set(resource, is)
    }
    return is
  }
  return (row) => mine(row) && isService(head.resource[row] as number) && within(head.start, row, range)
}

function rangeOf(target: { readonly startMinNs: string; readonly startMaxNs: string }): ReturnType<typeof timeRange> {
  return timeRange(BigInt(target.startMinNs), BigInt(target.startMaxNs))
}

/** The last four bytes of an id, as columns hold them. */
function lastWord(id: string): number {
  return Buffer.from(id.slice(-8), 'hex').readUInt32LE(0)
}

/** What tombstones hide of one segment. Throws SpoorError `segment_damaged`. */
export class SegmentHidden {
  readonly #segment: Segment
  readonly #tombstones: readonly Tombstone[]
  /** Rows of deleted traces, by block: [from, to) pairs. */
  #traces: Map<number, number[]> | undefined

  private constructor(segment: Segment, tombstones: readonly Tombstone[]) {
    this.#segment = segment
    this.#tombstones = tombstones
  }

  /** undefined where no tombstone can be about the segment. */
  static of(segment: Segment, tombstones: readonly Tombstone[]): SegmentHidden | undefined {
    const about = tombstones.filter((tombstone) => mayConcern(segment, tombstone))
    return about.length === 0 ? undefined : new SegmentHidden(segment, about)
  }

  /** Whether any row is hidden at all. */
  get any(): boolean {
    const { blocks } = this.#segment
    for (const tombstone of this.#tombstones) if ('everything' in tombstone.target) return true
    if (this.#traceRows().size > 0) return true
    for (let block = 0; block < blocks.count; block++) {
      const hides = this.inBlock(block)
      if (hides === undefined) continue
      for (let row = 0; row < (blocks.rows[block] as number); row++) if (hides(row)) return true
    }
    return false
  }

  /** Rows of the block that are hidden; undefined where none is. */
  inBlock(block: number): Hides | undefined {
    const tests: Hides[] = []
    const ranges = this.#traceRows().get(block)
    if (ranges !== undefined) tests.push((row) => inRanges(ranges, row))
    for (const tombstone of this.#tombstones) {
      if (!isOfTenant(this.#segment, tombstone.tenant, block)) continue
      const test = this.#blockTest(block, tombstone.target)
      if (test !== undefined) tests.push(test)
    }
    return tests.length === 0 ? undefined : (row) => tests.some((test) => test(row))
  }

  #blockTest(block: number, target: TombstoneTarget): Hides | undefined {
    if ('everything' in target) return () => true
    if ('traceIds' in target) return undefined
    const segment = this.#segment
    const { names } = segment.resources
    const mine = new Set<number>()
    for (const resource of segment.blocks.resources[block] ?? [])
      if (names[resource] === target.service) mine.add(resource)
    if (mine.size === 0) return undefined
    const range = rangeOf(target)
    const { resource, start } = segment.columns(block)
    return (row) => mine.has(resource[row] as number) && within(start, row, range)
  }

  #traceRows(): ReadonlyMap<number, number[]> {
    if (this.#traces !== undefined) return this.#traces
    const found = new Map<number, number[]>()
    const segment = this.#segment
    for (const { tenant, target } of this.#tombstones) {
      if (!('traceIds' in target)) continue
      for (const id of target.traceIds) {
        const bytes = Buffer.from(id, 'hex')
        for (const piece of segment.findTrace(bytes.readUInt32LE(8), bytes.readUInt32LE(12))) {
          if (traceIdAt(piece.id, 0) !== id || !isOfTenant(segment, tenant, piece.block)) continue
          const ranges = found.get(piece.block)
          if (ranges === undefined) found.set(piece.block, [piece.firstRow, piece.firstRow + piece.rows])
          else ranges.push(piece.firstRow, piece.firstRow + piece.rows)
        }
      }
    }
    this.#traces = found
    return found
  }
}

function inRanges(ranges: readonly number[], row: number): boolean {
  for (let i = 0; i < ranges.length; i += 2)
    if (row >= (ranges[i] as number) && row < (ranges[i + 1] as number)) return true
  return false
}

/** By what the list of segments says; the segment is not read. */
function mayConcern(segment: Segment, { beforeSegment, tenant, target }: Tombstone): boolean {
  if (segment.id >= beforeSegment) return false
  const meta = segment.tenant(tenant)
  if (meta === undefined) return false
  if (!('service' in target)) return true
  return BigInt(meta.maxStartNs) >= BigInt(target.startMinNs) && BigInt(meta.minStartNs) <= BigInt(target.startMaxNs)
}

function isOfTenant(segment: Segment, tenant: string, block: number): boolean {
  const meta = segment.tenant(tenant)
  return meta !== undefined && block >= meta.firstBlock && block < meta.firstBlock + meta.blocks
}
