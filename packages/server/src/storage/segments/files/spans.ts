// Reads all spans of a store, or those that are asked for, as OTLP messages of a block or some thousand rows each: memory stays
// the same however much there is.

import { SpoorError } from '@spoor/core/base/errors'
import { textAt, type TimeRange, timeRange, traceIdAt, within } from '../../api/search/rows.ts'
import { PROBE_TENANT } from '../../api/probe.ts'
import { TraceBuilder } from '../../api/search/trace-builder.ts'
import type { Problem, SpanChunk, SpanSelection } from '../../api/files.ts'
import type { TenantMeta } from '../format.ts'
import type { Hides, Tombstone } from '../lifecycle/tombstones.ts'
import type { Segment } from '../segment.ts'
import { BlockSpans } from '../segment-source.ts'
import { openReadOnly, type ReadOnlyHead } from './read-only.ts'

/** Rows of a head in one message. */
const HEAD_ROWS = 2048

interface Wanted {
  readonly selection: SpanSelection
  readonly range: TimeRange
  readonly traceIds: ReadonlySet<string> | undefined
}

export async function* readSpans(
  folder: string,
  selection: SpanSelection,
  onDamage: (problem: Problem) => void,
): AsyncIterable<SpanChunk> {
  const wanted: Wanted = {
    selection,
    range: timeRange(selection.startMinNs, selection.startMaxNs),
    traceIds: selection.traceIds === undefined ? undefined : new Set(selection.traceIds),
  }
  const store = await openReadOnly(folder)
  try {
    for (const name of store.missing) onDamage({ file: name, what: 'is not there' })
    for (const segment of store.segments) {
      try {
        yield* segmentSpans(segment, store.manifest.tombstones, wanted)
      } catch (thrown) {
        if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
        onDamage({ file: `segments/${segment.entryInfo.file}`, what: thrown.message })
      } finally {
        segment.close()
      }
    }
    for (const head of store.heads) yield* headSpans(head, wanted)
  } finally {
    store.close()
  }
}

function* segmentSpans(segment: Segment, tombstones: readonly Tombstone[], wanted: Wanted): Iterable<SpanChunk> {
  const { selection } = wanted
  for (const tenant of segment.entryInfo.tenants) {
    if (selection.tenant !== undefined && tenant.name !== selection.tenant) continue
    if (BigInt(tenant.maxStartNs) < selection.startMinNs || BigInt(tenant.minStartNs) > selection.startMaxNs) continue
    for (const block of blocksOf(segment, tenant, wanted)) {
      const builder = new TraceBuilder()
      addBlock(builder, segment, { block, hides: segment.hidden(tombstones)?.inBlock(block) }, wanted)
      if (builder.spanCount > 0) yield { tenant: tenant.name, bytes: builder.finish(), spanCount: builder.spanCount }
    }
  }
}

/** Blocks of the tenant that may have something. */
function blocksOf(segment: Segment, { firstBlock, blocks }: TenantMeta, wanted: Wanted): number[] {
  const { traceIds, selection } = wanted
  const all = Array.from({ length: blocks }, (_, i) => firstBlock + i)
  const { resources } = segment
  const { service } = selection
  const asked =
    service === undefined
      ? all
      : all.filter((block) => segment.blocks.resources[block]?.some((i) => resources.names[i] === service) ?? false)
  if (traceIds === undefined) return asked
  const having = new Set<number>()
  for (const id of traceIds) {
    const bytes = Buffer.from(id, 'hex')
    for (const piece of segment.findTrace(bytes.readUInt32LE(8), bytes.readUInt32LE(12))) having.add(piece.block)
  }
  return asked.filter((block) => having.has(block))
}

interface Block {
  readonly block: number
  readonly hides: Hides | undefined
}

function addBlock(builder: TraceBuilder, segment: Segment, { block, hides }: Block, wanted: Wanted): void {
  const { selection, range, traceIds } = wanted
  const columns = segment.columns(block)
  const { names } = segment.resources
  const ids = segment.traceIds(block)
  const spans = new BlockSpans(segment, block)
  for (let row = 0; row < columns.rows; row++) {
    if (!within(columns.start, row, range) || hides?.(row) === true) continue
    if (selection.service !== undefined && names[columns.resource[row] ?? 0] !== selection.service) continue
    if (traceIds !== undefined && !traceIds.has(traceIdAt(ids, (columns.piece[row] ?? 0) * 4))) continue
    spans.addTo(builder, row)
  }
}

function* headSpans({ head, view, hides }: ReadOnlyHead, wanted: Wanted): Iterable<SpanChunk> {
  const { selection, range, traceIds } = wanted
  const { nameOffset, nameLength } = head.resources
  const rows = head.rows
  for (let from = 0; from < rows; from += HEAD_ROWS) {
    const builders = new Map<number, TraceBuilder>()
    for (let row = from; row < Math.min(rows, from + HEAD_ROWS); row++) {
      if (!within(head.start, row, range) || hides?.(row) === true) continue
      const tenant = head.tenantOf(row)
      if (head.tenantName(tenant) === PROBE_TENANT) continue
      if (selection.tenant !== undefined && head.tenantName(tenant) !== selection.tenant) continue
      const resource = head.resource[row] ?? 0
      if (
        selection.service !== undefined &&
        textAt(head.bytes, nameOffset[resource] ?? 0, nameLength[resource] ?? 0) !== selection.service
      )
        continue
      if (traceIds !== undefined && !traceIds.has(traceIdAt(head.ids, row * 8))) continue
      const builder = builders.get(tenant) ?? new TraceBuilder()
      builders.set(tenant, builder)
      view.addTo(builder, row)
    }
    for (const [tenant, builder] of builders)
      yield { tenant: head.tenantName(tenant), bytes: builder.finish(), spanCount: builder.spanCount }
  }
}
