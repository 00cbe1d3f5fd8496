// What Jaeger's query adjusters change in a trace as a whole (jaeger model/adjuster, v1.57: span_id_deduper.go and
// clockskew.go; 1.76 also drops spans sent twice): a pure function from a few numbers a span to the few spans that change.
// Writers apply it while they write, so that nothing is decoded for it. What concerns one span alone (order of fields,
// addresses, invalid references) is the writers' own.
//
// Three steps: spans sent twice are dropped (before ids change, so that a copy stays a copy; 1.76 does it after); the server
// half of a Zipkin shared span gets an id of its own; times are compared with the parent's across hosts.

import { formatGoDuration } from '../base/time.ts'
import { IdTable } from './id-table.ts'

/** A trace in numbers, one row a span. */
export interface TraceShape {
  readonly count: number
  /** Two words each: upper, lower. A parent is zero where there is none. */
  readonly ids: Uint32Array
  readonly parents: Uint32Array
  /** Unix ns, two words: upper, lower. */
  readonly starts: Uint32Array
  /** ns, never negative. */
  readonly durations: Float64Array
  /** OTLP numbers. */
  readonly kinds: Uint8Array
  /** The same number where the process names the same address, 0 where it names none. */
  readonly hosts: Uint32Array
  /** Everything a span says, with its resource and scope: equal only for a span that was sent twice. */
  content(span: number): string
}

export interface SpanAdjustment {
  /** A copy of a span before it: not to be shown. */
  readonly dropped: boolean
  /** Added to the span's start, end and event times, in ns; exact up to 2^53 (104 days). */
  readonly shiftNs: number
  /** In the order in which Jaeger adds them. */
  readonly warnings: readonly string[]
  /** 16 digits, where it is another than the span's own. */
  readonly spanId?: string
  /** 16 digits, where it is another than the span's own. */
  readonly parentSpanId?: string
}

/** What clock skew did, or would do: spans whose calculated shift is not 0. */
export interface ClockSkew {
  /** Largest shift that is applied, in ns; 0 is off. */
  readonly maxNs: number
  readonly skewedSpans: number
  readonly shiftedSpans: number
  /** The largest calculated shift, without its sign, in ns. */
  readonly largestNs: number
}

export interface Adjustments {
  /** By row. Spans that stay as they are are not there. */
  readonly spans: ReadonlyMap<number, SpanAdjustment>
  readonly clockSkew: ClockSkew
}

/** Nothing changes: traces as they were sent. */
export const NO_ADJUSTMENTS: Adjustments = {
  spans: new Map(),
  clockSkew: { maxNs: 0, skewedSpans: 0, shiftedSpans: 0, largestNs: 0 },
}

const SERVER = 2
const CLIENT = 3
const DUPLICATE = 'duplicate span IDs; skipping clock skew adjustment'

/** Memory that serves one trace after another; most are small, and making it would cost more than using it. */
export class Scratch {
  readonly table: IdTable = new IdTable()
  /** By row, the first span that has its id; -1 for a span that is dropped. */
  first: Int32Array = new Int32Array(0)
  /** Spans as a forest: the parent's row or -1, and the children of each as a chain that ends with -1. */
  parent: Int32Array = new Int32Array(0)
  firstChild: Int32Array = new Int32Array(0)
  nextChild: Int32Array = new Int32Array(0)
  skew: Float64Array = new Float64Array(0)
  shift: Float64Array = new Float64Array(0)

  /** Room for so many spans, none of which has a place in the forest. */
  begin(count: number): void {
    if (this.first.length < count) {
      const room = count * 2
      this.first = new Int32Array(room)
      this.parent = new Int32Array(room)
      this.firstChild = new Int32Array(room)
      this.nextChild = new Int32Array(room)
      this.skew = new Float64Array(room)
      this.shift = new Float64Array(room)
    }
    this.first.fill(0, 0, count)
    this.parent.fill(-1, 0, count)
    this.firstChild.fill(-1, 0, count)
    this.nextChild.fill(-1, 0, count)
    this.skew.fill(0, 0, count)
    this.shift.fill(0, 0, count)
  }
}

/** `maxSkewNs`: see ClockSkew.maxNs. */
export function adjustTrace(shape: TraceShape, maxSkewNs: number, scratch: Scratch = new Scratch()): Adjustments {
  scratch.begin(shape.count)
  const changes = new Changes(shape, scratch)
  changes.uniqueIds()
  if (changes.hasDuplicates) {
    changes.dropCopies()
    changes.separateSharedIds()
    changes.uniqueIds()
  }
  const clockSkew = correctClockSkew(changes, scratch, maxSkewNs)
  return { spans: changes.result, clockSkew }
}

interface Change {
  dropped: boolean
  shiftNs: number
  warnings: string[]
  spanId?: string
  parentSpanId?: string
}

/** The ids as they become, and what differs from what was sent. */
class Changes {
  readonly shape: TraceShape
  readonly result = new Map<number, Change>()
  ids: Uint32Array
  parents: Uint32Array
  /** See Scratch. */
  readonly first: Int32Array
  readonly #table: IdTable
  hasDuplicates = false

  constructor(shape: TraceShape, { first, table }: Scratch) {
    this.shape = shape
    this.ids = shape.ids
    this.parents = shape.parents
    this.first = first.subarray(0, shape.count)
    this.#table = table
  }

  of(span: number): Change {
    let change = this.result.get(span)
    if (change === undefined) {
      change = { dropped: false, shiftNs: 0, warnings: [] }
      this.result.set(span, change)
    }
    return change
  }

  /** Fills the table and `first`. */
  uniqueIds(): void {
    const table = this.#table
    const { first } = this
    table.reset(this.ids, first.length)
    for (let span = 0; span < first.length; span++) {
      if (first[span] === -1) continue
      const known = table.add(span)
      first[span] = known
      if (known !== span) this.hasDuplicates = true
    }
  }

  dropCopies(): void {
    const { first, shape } = this
    const shared = new Set<number>()
    first.forEach((known, span) => {
      if (known !== span) shared.add(known)
    })
    const seen = new Set<string>()
    first.forEach((known, span) => {
      if (!shared.has(known)) return
      const content = shape.content(span)
      if (seen.has(content)) {
        this.of(span).dropped = true
        first[span] = -1
      }
      seen.add(content)
    })
  }

  /**
   * A server span whose id is also a client's: it gets the smallest id that nobody has, its children follow it, and the
   * client becomes its parent.
   */
  separateSharedIds(): void {
    const { first, shape } = this
    const table = this.#table
    const clients = new Set<number>()
    first.forEach((known, span) => {
      if (known >= 0 && shape.kinds[span] === CLIENT) clients.add(known)
    })
    /** By the first span of the shared id: the lower word of the new one. */
    const renamed = new Map<number, number>()
    let last = 0
    for (let span = 0; span < first.length; span++) {
      const known = first[span] as number
      if (known < 0 || shape.kinds[span] !== SERVER || !clients.has(known)) continue
      do last++
      while (table.find(0, last) >= 0)
      renamed.set(known, last)
      this.#rename(span, last)
    }
    if (renamed.size > 0) this.#moveChildren(renamed)
  }

  #rename(span: number, low: number): void {
    // What came in stays as it is: whoever reads the shape still finds it there.
    if (this.ids === this.shape.ids) this.ids = this.shape.ids.slice()
    if (this.parents === this.shape.parents) this.parents = this.shape.parents.slice()
    const { ids, parents } = this
    const change = this.of(span)
    change.parentSpanId = idText(ids, span)
    parents[span * 2] = ids[span * 2] as number
    parents[span * 2 + 1] = ids[span * 2 + 1] as number
    ids[span * 2] = 0
    ids[span * 2 + 1] = low
    change.spanId = idText(ids, span)
  }

  #moveChildren(renamed: ReadonlyMap<number, number>): void {
    const { first, shape } = this
    // The table reads ids where they were when it was filled: those of the shape.
    const table = this.#table
    for (let span = 0; span < first.length; span++) {
      if (first[span] === -1 || this.result.get(span)?.spanId !== undefined) continue
      const high = shape.parents[span * 2] as number
      const low = shape.parents[span * 2 + 1] as number
      if ((high | low) === 0) continue
      const id = renamed.get(table.find(high, low))
      if (id === undefined) continue
      this.parents[span * 2] = 0
      this.parents[span * 2 + 1] = id
      this.of(span).parentSpanId = idText(this.parents, span)
    }
  }
}

function idText(ids: Uint32Array, span: number): string {
  return hex8(ids[span * 2] as number) + hex8(ids[span * 2 + 1] as number)
}

function hex8(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** Plants the forest and gives its roots. Only the first of several spans with one id has a place in it. */
function plant(changes: Changes, { table, parent, firstChild, nextChild }: Scratch): number[] {
  const { first, parents } = changes
  const count = first.length
  const roots: number[] = []
  for (let span = 0; span < count; span++) {
    if (first[span] !== span) {
      if (first[span] !== -1) changes.of(span).warnings.push(DUPLICATE)
      continue
    }
    const high = parents[span * 2] as number
    const low = parents[span * 2 + 1] as number
    const found = (high | low) === 0 ? -1 : table.find(high, low)
    if (found < 0) {
      roots.push(span)
      if ((high | low) === 0) continue
      const text = `invalid parent span IDs=${idText(parents, span)}; skipping clock skew adjustment`
      changes.of(span).warnings.push(text)
    } else {
      parent[span] = found
      nextChild[span] = firstChild[found] as number
      firstChild[found] = span
    }
  }
  return roots
}

/**
 * From the roots down: a span on another host than the shift above it was found for, or on an unknown one, is compared with
 * its parent as shifted. Others move with it. What is in a cycle is never reached and stays.
 */
function correctClockSkew(changes: Changes, scratch: Scratch, maxNs: number): ClockSkew {
  const { parent, firstChild, nextChild, skew, shift } = scratch
  const { hosts } = changes.shape
  const summary = { maxNs, skewedSpans: 0, shiftedSpans: 0, largestNs: 0 }
  const stack = plant(changes, scratch)
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const above = parent[span] as number
    if (above >= 0) {
      const same = hosts[span] === hosts[above] && hosts[span] !== 0
      const ns = same ? (skew[above] as number) : calculate(changes.shape, span, above, shift[above] as number)
      skew[span] = ns
      if (ns !== 0) {
        summary.skewedSpans++
        summary.largestNs = Math.max(summary.largestNs, Math.abs(ns))
        if (Math.abs(ns) <= maxNs) {
          summary.shiftedSpans++
          shift[span] = ns
        }
        note(changes.of(span), ns, maxNs)
      }
    }
    for (let child = firstChild[span] as number; child >= 0; child = nextChild[child] as number) stack.push(child)
  }
  return summary
}

function note(change: Change, ns: number, maxNs: number): void {
  const delta = durationText(ns)
  if (Math.abs(ns) <= maxNs) {
    change.shiftNs = ns
    change.warnings.push(`This span's timestamps were adjusted by ${delta}`)
  } else if (maxNs === 0) {
    change.warnings.push(`clock skew adjustment disabled; not applying calculated delta of ${delta}`)
  } else {
    const max = durationText(maxNs)
    change.warnings.push(
      `max clock skew adjustment delta of ${max} exceeded; not applying calculated delta of ${delta}`,
    )
  }
}

/** Beyond 2^53, where a number no longer has every ns, to the microsecond. */
function durationText(ns: number): string {
  return formatGoDuration(Number.isSafeInteger(ns) ? BigInt(ns) : BigInt(Math.round(ns / 1000)) * 1000n)
}

/** ns that put the span inside its parent, in the middle of what the parent has left; 0 where it is inside. */
function calculate({ starts, durations }: TraceShape, span: number, parent: number, parentShift: number): number {
  const ns = durations[span] as number
  const parentNs = durations[parent] as number
  const high = (starts[span * 2] as number) - (starts[parent * 2] as number)
  const low = (starts[span * 2 + 1] as number) - (starts[parent * 2 + 1] as number)
  const after = high * 2 ** 32 + low - parentShift
  // It outlived its parent: all that is sure is that it did not start before.
  if (ns > parentNs) return Math.max(-after, 0)
  if (after >= 0 && after + ns <= parentNs) return 0
  return Math.floor((parentNs - ns) / 2) - after
}
