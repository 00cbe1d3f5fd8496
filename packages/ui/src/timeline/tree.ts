// Columns in any order → a tree in pre-order, iteratively: a trace 100,000 levels deep must not overflow the stack.
// Any input gives a tree with every span exactly once: missing parents, cycles and repeated ids are marked, never fatal.

import {
  FLAG_DEBUG,
  FLAG_ERROR,
  FLAG_FIREHOSE,
  FLAG_LINKS,
  FLAG_WARNINGS,
  type TraceColumns,
} from '@spoor/core/api/trace-columns'
import { SpanIdIndex } from './id-index.ts'
import {
  MARK_CYCLE,
  MARK_DEBUG,
  MARK_DUPLICATE,
  MARK_ERROR,
  MARK_ERROR_BELOW,
  MARK_FIREHOSE,
  MARK_FOLLOWS,
  MARK_LINKS,
  MARK_ORPHAN,
  MARK_WARNINGS,
  type TraceLayout,
} from './layout.ts'
import { layOutLinks } from './links.ts'
import { minimapBins } from './minimap-bins.ts'

/** Flags of a span that are its marks as they stand. */
const MARKS: readonly (readonly [number, number])[] = [
  [FLAG_ERROR, MARK_ERROR],
  [FLAG_LINKS, MARK_LINKS],
  [FLAG_WARNINGS, MARK_WARNINGS],
  [FLAG_DEBUG, MARK_DEBUG],
  [FLAG_FIREHOSE, MARK_FIREHOSE],
]
const KIND_SERVER = 2
const KIND_CLIENT = 3

export interface Links {
  /** Row of the parent, −1 for roots. */
  readonly parent: Int32Array
  /** MARK_ORPHAN, MARK_CYCLE, MARK_DUPLICATE. */
  readonly marks: Uint8Array
}

/** Rows sorted by start, then longer first, then span id: the order of siblings, the same on every load. */
export function startOrder(columns: TraceColumns): Uint32Array {
  const { start, duration, ids } = columns
  const order = Uint32Array.from({ length: columns.spanCount }, (_, row) => row)
  const byId = (a: number, b: number): number => {
    for (let i = 0; i < 8; i++) {
      const difference = (ids[a * 16 + i] ?? 0) - (ids[b * 16 + i] ?? 0)
      if (difference !== 0) return difference
    }
    return a - b
  }
  return order.sort(
    (a, b) => (start[a] ?? 0) - (start[b] ?? 0) || (duration[b] ?? 0) - (duration[a] ?? 0) || byId(a, b),
  )
}

function hasParentId(ids: Uint8Array, row: number): boolean {
  for (let i = row * 16 + 8; i < row * 16 + 16; i++) if (ids[i] !== 0) return true
  return false
}

/** Of the rows with one id: the first of that kind that is not `self`, or −1. */
function sameIdOfKind(columns: TraceColumns, index: SpanIdIndex, first: number, kind: number, self: number): number {
  for (let row = first; row >= 0; row = index.next(row)) if (row !== self && columns.kind[row] === kind) return row
  return -1
}

/**
 * Zipkin's shared spans (client and server half with one id) become parent and child, and children go to the server half.
 * Other repeated ids stay siblings; their children go to the first.
 */
function linkParents(columns: TraceColumns): Links {
  const { ids, kind, spanCount } = columns
  const index = new SpanIdIndex(ids, spanCount)
  const parent = new Int32Array(spanCount).fill(-1)
  const marks = new Uint8Array(spanCount)
  for (let row = 0; row < spanCount; row++) {
    const first = index.first(row * 16)
    if (index.next(first) >= 0) {
      marks[row] = MARK_DUPLICATE
      const client = kind[row] === KIND_SERVER ? sameIdOfKind(columns, index, first, KIND_CLIENT, row) : -1
      if (client >= 0) {
        parent[row] = client
        continue
      }
    }
    if (!hasParentId(ids, row)) continue
    const named = index.first(row * 16 + 8)
    if (named < 0) marks[row] = (marks[row] ?? 0) | MARK_ORPHAN
    else {
      const server = index.next(named) < 0 ? -1 : sameIdOfKind(columns, index, named, KIND_SERVER, -1)
      parent[row] = server >= 0 ? server : named
    }
  }
  return { parent, marks }
}

/** Cuts every cycle above its earliest span. */
function cutCycles(columns: TraceColumns, links: Links): void {
  const { parent, marks } = links
  const seen = new Uint32Array(columns.spanCount) // 0 = not yet, else the number of the walk that came by
  for (let row = 0; row < columns.spanCount; row++) {
    const walk = row + 1
    let at = row
    while (at >= 0 && seen[at] === 0) {
      seen[at] = walk
      at = parent[at] ?? -1
    }
    if (at < 0 || seen[at] !== walk) continue
    let earliest = at
    for (let member = parent[at] ?? -1; member !== at && member >= 0; member = parent[member] ?? -1) {
      const difference = (columns.start[member] ?? 0) - (columns.start[earliest] ?? 0)
      if (difference < 0 || (difference === 0 && member < earliest)) earliest = member
    }
    parent[earliest] = -1
    marks[earliest] = (marks[earliest] ?? 0) | MARK_CYCLE
  }
}

/** Row of each position. */
function preOrder(parent: Int32Array, order: Uint32Array): Uint32Array {
  const count = order.length
  const firstChild = new Int32Array(count).fill(-1)
  const next = new Int32Array(count).fill(-1)
  let firstRoot = -1
  for (let i = count - 1; i >= 0; i--) {
    const row = order[i] ?? 0
    const up = parent[row] ?? -1
    if (up < 0) {
      next[row] = firstRoot
      firstRoot = row
    } else {
      next[row] = firstChild[up] ?? -1
      firstChild[up] = row
    }
  }
  const rows = new Uint32Array(count)
  let at = 0
  let row = firstRoot
  while (row >= 0) {
    rows[at++] = row
    let following = firstChild[row] ?? -1
    // No child: to the next sibling, or that of the nearest ancestor that has one.
    while (following < 0 && row >= 0) {
      following = next[row] ?? -1
      row = parent[row] ?? -1
    }
    row = following
  }
  return rows
}

function gather<T extends Float64Array | Uint32Array | Uint8Array>(source: T, rows: Uint32Array, out: T): T {
  for (let i = 0; i < rows.length; i++) out[i] = source[rows[i] ?? 0] ?? 0
  return out
}

function gatherEvents(columns: TraceColumns, rows: Uint32Array): { eventStart: Uint32Array; eventTime: Float64Array } {
  const eventStart = new Uint32Array(rows.length + 1)
  const eventTime = new Float64Array(columns.eventCount)
  let at = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    eventStart[i] = at
    const to = Math.min(columns.eventStart[row + 1] ?? 0, columns.eventCount)
    for (let e = columns.eventStart[row] ?? 0; e < to && at < eventTime.length; e++)
      eventTime[at++] = columns.eventTime[e] ?? 0
  }
  eventStart[rows.length] = at
  return { eventStart, eventTime }
}

/** Depth, place and number of children, top down; sizes, extents and errors below, bottom up. */
function shape(columns: TraceColumns, rows: Uint32Array, links: Links) {
  const count = rows.length
  const positionOf = new Uint32Array(count)
  for (let i = 0; i < count; i++) positionOf[rows[i] ?? 0] = i
  const parent = new Int32Array(count)
  const depth = new Uint32Array(count)
  const children = new Uint32Array(count)
  const place = new Uint32Array(count)
  const marks = new Uint16Array(count)
  const subtreeStart = gather(columns.start, rows, new Float64Array(count))
  const subtreeEnd = new Float64Array(count)
  const size = new Uint32Array(count).fill(1)
  let rootCount = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i] ?? 0
    const flags = columns.flags[row] ?? 0
    let mark = links.marks[row] ?? 0
    for (const [flag, made] of MARKS) if ((flags & flag) !== 0) mark |= made
    marks[i] = mark
    subtreeEnd[i] = (columns.start[row] ?? 0) + (columns.duration[row] ?? 0)
    const upRow = links.parent[row] ?? -1
    const up = upRow < 0 ? -1 : (positionOf[upRow] ?? 0)
    parent[i] = up
    depth[i] = up < 0 ? 0 : (depth[up] ?? 0) + 1
    place[i] = up < 0 ? ++rootCount : (children[up] = (children[up] ?? 0) + 1)
  }
  for (let i = count - 1; i >= 0; i--) {
    const up = parent[i] ?? -1
    if (up < 0) continue
    size[up] = (size[up] ?? 0) + (size[i] ?? 0)
    subtreeStart[up] = Math.min(subtreeStart[up] ?? 0, subtreeStart[i] ?? 0)
    subtreeEnd[up] = Math.max(subtreeEnd[up] ?? 0, subtreeEnd[i] ?? 0)
    if (((marks[i] ?? 0) & (MARK_ERROR | MARK_ERROR_BELOW)) !== 0) marks[up] = (marks[up] ?? 0) | MARK_ERROR_BELOW
  }
  return { parent, depth, children, place, marks, subtreeStart, subtreeEnd, size, rootCount, positionOf }
}

function totals(service: Uint32Array, marks: Uint16Array, serviceCount: number) {
  const serviceSpans = new Uint32Array(serviceCount)
  const serviceErrors = new Uint32Array(serviceCount)
  let errorCount = 0
  let orphanCount = 0
  for (let i = 0; i < service.length; i++) {
    const number = service[i] ?? 0
    const mark = marks[i] ?? 0
    serviceSpans[number] = (serviceSpans[number] ?? 0) + 1
    if ((mark & MARK_ORPHAN) !== 0) orphanCount++
    if ((mark & MARK_ERROR) === 0) continue
    serviceErrors[number] = (serviceErrors[number] ?? 0) + 1
    errorCount++
  }
  return { serviceSpans, serviceErrors, errorCount, orphanCount }
}

export function layOut(columns: TraceColumns): TraceLayout {
  const links = linkParents(columns)
  cutCycles(columns, links)
  const rows = preOrder(links.parent, startOrder(columns))
  const { positionOf, ...shaped } = shape(columns, rows, links)
  const { follows, ...references } = layOutLinks(columns, rows, positionOf)
  for (const position of follows) shaped.marks[position] = (shaped.marks[position] ?? 0) | MARK_FOLLOWS
  const count = rows.length
  const ids = new Uint8Array(count * 16)
  for (let i = 0; i < count; i++) ids.set(columns.ids.subarray((rows[i] ?? 0) * 16, (rows[i] ?? 0) * 16 + 16), i * 16)
  const service = gather(columns.service, rows, new Uint32Array(count))
  const base = {
    traceId: columns.traceId,
    startNs: columns.startNs,
    services: columns.services,
    names: columns.names,
    count,
    ids,
    service,
    start: gather(columns.start, rows, new Float64Array(count)),
    duration: gather(columns.duration, rows, new Float64Array(count)),
    name: gather(columns.name, rows, new Uint32Array(count)),
    kind: gather(columns.kind, rows, new Uint8Array(count)),
    status: gather(columns.status, rows, new Uint8Array(count)),
    clockSkew: columns.clockSkew,
    shift: columns.shift.length === 0 ? new Float64Array(0) : gather(columns.shift, rows, new Float64Array(count)),
    ...gatherEvents(columns, rows),
    ...references,
    ...shaped,
    ...totals(service, shaped.marks, columns.services.length),
    end: shaped.subtreeEnd.reduce((a, b) => Math.max(a, b), 0),
    maxDepth: shaped.depth.reduce((a, b) => Math.max(a, b), 0) + (count > 0 ? 1 : 0),
  }
  return { ...base, minimap: minimapBins(base) }
}
