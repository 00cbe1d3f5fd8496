// Puts matches from many places into the one defined order: start of a trace's newest matching span, newest first; equal
// starts by trace id. Each place (a block, a part of a head) says how new its next match can be at most; only the place
// with the highest bound is read on, so a search stops reading as soon as its caller has enough.

import { setImmediate } from 'node:timers/promises'
import { SpoorError } from '@spoor/core/base/errors'
import type { Candidate } from '../store.ts'

/** Somewhere matches come from. Times are Unix ns as two unsigned 32-bit words. */
export interface Source {
  /** No match that this source has yet to give starts later. */
  boundLow: number
  boundHigh: number
  /** Sources that go away together (a head that was sealed) share an origin; 0 for those that stay. */
  readonly origin: number
  /**
   * Called while this source has the highest bound. Reads one step on: gives the match at its bound, if there is one,
   * opens further sources, lowers its bound. False when nothing is left.
   */
  advance(merge: MatchSink): boolean
}

export interface MatchSink {
  /** A source whose bound is not above the bound of the source that opens it. */
  open(source: Source): void
  /** True where the trace was found already: no need to look at its older spans. */
  has(traceId: string): boolean
  /** The trace has a matching span that starts exactly at the bound of the source that is being read. */
  found(traceId: string): void
}

const SLICE_MS = 5

export class Merge implements MatchSink {
  #heap: Source[] = []
  readonly #seen = new Set<string>()
  #ties: string[] = []
  #lastLow: number
  #lastHigh: number

  /** `startMaxNs`: no match may start later. */
  constructor(startMaxNs: bigint) {
    this.#lastLow = Number(startMaxNs & 0xffff_ffffn)
    this.#lastHigh = Number(startMaxNs >> 32n)
  }

  open(source: Source): void {
    const heap = this.#heap
    heap.push(source)
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!above(source, heap[parent] as Source)) break
      heap[at] = heap[parent] as Source
      heap[parent] = source
      at = parent
    }
  }

  has(traceId: string): boolean {
    return this.#seen.has(traceId)
  }

  found(traceId: string): void {
    if (this.#seen.has(traceId)) return
    this.#seen.add(traceId)
    this.#ties.push(traceId)
  }

  /** The time up to which everything was read: replacements of sources need not look at newer spans. */
  get reachedNs(): bigint {
    return joinWords(this.#lastLow, this.#lastHigh)
  }

  /** Drops all sources of an origin and reads `next` in their place. */
  replace(origin: number, next: Source | undefined): void {
    const kept = this.#heap.filter((source) => source.origin !== origin)
    this.#heap = []
    for (const source of kept) this.open(source)
    if (next !== undefined) this.open(next)
  }

  /** Candidates in order, in groups; gives way to other work between slices of a few milliseconds. */
  async *run(signal?: AbortSignal): AsyncGenerator<readonly Candidate[]> {
    for (;;) {
      if (signal?.aborted === true) throw new SpoorError('cancelled', 'aborted', 'the caller went away')
      const out = this.#slice()
      if (out.length > 0) yield out
      if (this.#heap.length === 0 && this.#ties.length === 0) return
      if (out.length === 0) await setImmediate()
    }
  }

  /** Reads until something is certain and the slice is over, or nothing is left. */
  #slice(): Candidate[] {
    const out: Candidate[] = []
    const end = performance.now() + SLICE_MS
    for (let steps = 0; this.#heap.length > 0; steps++) {
      const top = this.#heap[0] as Source
      if (top.boundLow !== this.#lastLow || top.boundHigh !== this.#lastHigh) {
        this.#settle(out)
        // Each group goes out as soon as it is certain: the caller may have enough.
        if (out.length > 0) return out
        this.#lastLow = top.boundLow
        this.#lastHigh = top.boundHigh
      }
      if (top.advance(this)) this.#sink(top)
      else this.#remove(top)
      if ((steps & 63) === 63 && performance.now() > end) return out
    }
    this.#settle(out)
    return out
  }

  /** Everything that starts at the last bound is known: its traces go out by id. */
  #settle(out: Candidate[]): void {
    if (this.#ties.length === 0) return
    const newestStartNs = joinWords(this.#lastLow, this.#lastHigh)
    for (const traceId of this.#ties.toSorted()) out.push({ traceId, newestStartNs })
    this.#ties = []
  }

  #remove(source: Source): void {
    const heap = this.#heap
    const last = heap.pop()
    const at = heap.indexOf(source)
    if (last === undefined || last === source) return
    heap[at] = last
    this.#siftDown(at)
  }

  /** Restores the order after the top's bound went down (sources opened meanwhile may have moved it). */
  #sink(source: Source): void {
    this.#siftDown(this.#heap[0] === source ? 0 : this.#heap.indexOf(source))
  }

  #siftDown(from: number): void {
    const heap = this.#heap
    const source = heap[from] as Source
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && above(heap[child + 1] as Source, heap[child] as Source)) child++
      if (!above(heap[child] as Source, source)) break
      heap[at] = heap[child] as Source
      at = child
    }
    heap[at] = source
  }
}

function above(a: Source, b: Source): boolean {
  return a.boundHigh > b.boundHigh || (a.boundHigh === b.boundHigh && a.boundLow > b.boundLow)
}

export function joinWords(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
