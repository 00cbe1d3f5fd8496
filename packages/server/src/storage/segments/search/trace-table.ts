// Traces by id with their numbers, merged from pieces as these are read: columns of words in place of an object a trace. About
// 110 bytes a trace with its place in the hash table; the caller bounds the number of traces (scan.ts).

/** Set in `flags`. */
export const TRACE_ROOT = 1 // the oldest piece named a root
export const TRACE_TIED = 2 // two pieces start together, so neither root is certain
export const TRACE_UNSURE = 4 // its counts cannot be known from here
export const TRACE_SHARED = 8 // pieces of two places overlap in time: a span may be in both
export const TRACE_PLACES = 16 // pieces of more than one place

const ID = 4
/** Place of a trace that has no piece yet. */
const NO_PLACE = 0xffff_ffff

/** Numbers of a piece. Times are words of Unix ns. */
export interface PieceNumbers {
  oldestLow: number
  oldestHigh: number
  newestLow: number
  newestHigh: number
  endLow: number
  endHigh: number
  rows: number
  errors: number
  /** Numbers of texts; -1 where the piece has no certain root. */
  rootService: number
  rootName: number
  /** False where `errors` is only a lower bound. */
  certain: boolean
}

export function emptyNumbers(): PieceNumbers {
  const times = { oldestLow: 0, oldestHigh: 0, newestLow: 0, newestHigh: 0, endLow: 0, endHigh: 0 }
  return { ...times, rows: 0, errors: 0, rootService: -1, rootName: -1, certain: true }
}

export class TraceTable {
  count = 0
  /** Four words each. */
  ids: Uint32Array
  /** Pairs of words: oldest and newest start, newest end; newest start of a row that matches. */
  oldest: Uint32Array
  newest: Uint32Array
  end: Uint32Array
  found: Uint32Array
  rows: Uint32Array
  errors: Uint32Array
  /** Rows that match. */
  matching: Uint32Array
  rootService: Int32Array
  rootName: Int32Array
  flags: Uint8Array
  #place: Uint32Array
  #slots: Int32Array
  #mask: number

  /** `capacity`: a power of two; it grows. */
  constructor(capacity: number) {
    this.ids = new Uint32Array(capacity * ID)
    this.oldest = new Uint32Array(capacity * 2)
    this.newest = new Uint32Array(capacity * 2)
    this.end = new Uint32Array(capacity * 2)
    this.found = new Uint32Array(capacity * 2)
    this.rows = new Uint32Array(capacity)
    this.errors = new Uint32Array(capacity)
    this.matching = new Uint32Array(capacity)
    this.rootService = new Int32Array(capacity)
    this.rootName = new Int32Array(capacity)
    this.flags = new Uint8Array(capacity)
    this.#place = new Uint32Array(capacity)
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    this.#mask = capacity * 2 - 1
  }

  /** Number of the trace, or -1. `ids[at .. at + 4)` are the words of its id. */
  find(ids: Uint32Array, at: number): number {
    const slots = this.#slots
    for (let slot = slotOf(ids, at) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const trace = slots[slot] as number
      if (trace < 0 || this.#isSame(trace, ids, at)) return trace
    }
  }

  /** Number of the trace, which is added where it is not there. */
  add(ids: Uint32Array, at: number): number {
    const slots = this.#slots
    let slot = slotOf(ids, at) & this.#mask
    for (; ; slot = (slot + 1) & this.#mask) {
      const trace = slots[slot] as number
      if (trace < 0) break
      if (this.#isSame(trace, ids, at)) return trace
    }
    if (this.count === this.rows.length) {
      this.#grow()
      return this.add(ids, at)
    }
    const trace = this.count++
    slots[slot] = trace
    for (let i = 0; i < ID; i++) this.ids[trace * ID + i] = ids[at + i] as number
    this.#place[trace] = NO_PLACE
    return trace
  }

  #isSame(trace: number, ids: Uint32Array, at: number): boolean {
    const own = this.ids
    const from = trace * ID
    return (
      own[from + 3] === ids[at + 3] &&
      own[from + 2] === ids[at + 2] &&
      own[from + 1] === ids[at + 1] &&
      own[from] === ids[at]
    )
  }

  #grow(): void {
    const capacity = this.rows.length * 2
    const words = (old: Uint32Array, width: number): Uint32Array => {
      const grown = new Uint32Array(capacity * width)
      grown.set(old)
      return grown
    }
    const signed = (old: Int32Array): Int32Array => {
      const grown = new Int32Array(capacity)
      grown.set(old)
      return grown
    }
    this.ids = words(this.ids, ID)
    this.oldest = words(this.oldest, 2)
    this.newest = words(this.newest, 2)
    this.end = words(this.end, 2)
    this.found = words(this.found, 2)
    this.rows = words(this.rows, 1)
    this.errors = words(this.errors, 1)
    this.matching = words(this.matching, 1)
    this.rootService = signed(this.rootService)
    this.rootName = signed(this.rootName)
    this.#place = words(this.#place, 1)
    const flags = new Uint8Array(capacity)
    flags.set(this.flags)
    this.flags = flags
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    this.#mask = capacity * 2 - 1
    for (let trace = 0; trace < this.count; trace++) {
      let slot = slotOf(this.ids, trace * ID) & this.#mask
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = trace
    }
  }

  /** Rows of the trace match, the newest of which starts then. */
  match(trace: number, rows: number, low: number, high: number): void {
    this.matching[trace] = (this.matching[trace] as number) + rows
    if (isAfter(low, high, this.found, trace)) set(this.found, trace, low, high)
  }

  /** Adds the numbers of a piece. Within a place (a head; the blocks in time of a segment, or its stray ones) no span is twice. */
  merge(trace: number, place: number, piece: PieceNumbers): void {
    const { oldest, newest, end, rows, errors, flags } = this
    const { oldestLow, oldestHigh, newestLow, newestHigh, endLow, endHigh } = piece
    let flag = flags[trace] as number
    const before = this.#place[trace] as number
    if (before === NO_PLACE) {
      set(oldest, trace, oldestLow, oldestHigh)
      set(newest, trace, newestLow, newestHigh)
      set(end, trace, endLow, endHigh)
      flag = this.#takeRoot(trace, piece, flag)
    } else {
      if (before !== place) flag |= TRACE_PLACES
      const apart = isAfter(oldestLow, oldestHigh, newest, trace) || isBefore(newestLow, newestHigh, oldest, trace)
      if (!apart && (flag & TRACE_PLACES) !== 0) flag |= TRACE_SHARED
      if (isBefore(oldestLow, oldestHigh, oldest, trace)) {
        set(oldest, trace, oldestLow, oldestHigh)
        flag = this.#takeRoot(trace, piece, flag & ~TRACE_TIED)
      } else if (oldestLow === oldest[trace * 2] && oldestHigh === oldest[trace * 2 + 1]) flag |= TRACE_TIED
      if (isAfter(newestLow, newestHigh, newest, trace)) set(newest, trace, newestLow, newestHigh)
      if (isAfter(endLow, endHigh, end, trace)) set(end, trace, endLow, endHigh)
    }
    this.#place[trace] = place
    rows[trace] = (rows[trace] as number) + piece.rows
    errors[trace] = (errors[trace] as number) + piece.errors
    flags[trace] = piece.certain ? flag : flag | TRACE_UNSURE
  }

  #takeRoot(trace: number, piece: PieceNumbers, flag: number): number {
    this.rootService[trace] = piece.rootService
    this.rootName[trace] = piece.rootName
    return piece.rootName < 0 ? flag & ~TRACE_ROOT : flag | TRACE_ROOT
  }
}

/** Which of `parts` (a power of two) parts of all traces this one is in. */
export function partOf(ids: Uint32Array, at: number, parts: number): number {
  return (slotOf(ids, at) >>> 24) & (parts - 1)
}

function slotOf(ids: Uint32Array, at: number): number {
  let mixed = Math.imul((ids[at] as number) ^ Math.imul(ids[at + 1] as number, 0x85ebca77), 0x9e3779b1)
  mixed = Math.imul(mixed ^ (ids[at + 2] as number) ^ (mixed >>> 15), 0xc2b2ae3d)
  mixed = Math.imul(mixed ^ (ids[at + 3] as number) ^ (mixed >>> 13), 0x27d4eb2f)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function set(column: Uint32Array, at: number, low: number, high: number): void {
  column[at * 2] = low
  column[at * 2 + 1] = high
}

function isAfter(low: number, high: number, column: Uint32Array, at: number): boolean {
  const other = column[at * 2 + 1] as number
  return high > other || (high === other && low > (column[at * 2] as number))
}

function isBefore(low: number, high: number, column: Uint32Array, at: number): boolean {
  const other = column[at * 2 + 1] as number
  return high < other || (high === other && low < (column[at * 2] as number))
}
