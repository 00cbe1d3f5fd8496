// The calls of one trace on columns: what core/model/links.ts defines on spans, for stores that must not decode them. Gives
// the calls that some more spans of a trace add to (or take from) those that were known, so that a trace may come in parts.

/** Rows at which growing arrays begin. */
const FIRST_CAPACITY = 64
/** Spans of one id that are compared with each other; more of them are no duplicates but nonsense. */
const MAX_SAME_ID = 64
const SERVER = 2
const CLIENT = 3

/** No caller. */
export const NO_CALL = -1

/** Words of a row. */
export interface CallRow {
  idLow: number
  idHigh: number
  parentLow: number
  parentHigh: number
  startLow: number
  startHigh: number
  durationLow: number
  durationHigh: number
  /** Number of the service's name. */
  service: number
  kind: number
}

/** Columns of a batch or head. */
export interface CallColumns {
  readonly ids: Uint32Array
  readonly start: Uint32Array
  readonly duration: Uint32Array
  readonly kind: Uint8Array
}

export function emptyCallRow(): CallRow {
  const ids = { idLow: 0, idHigh: 0, parentLow: 0, parentHigh: 0 }
  return { ...ids, startLow: 0, startHigh: 0, durationLow: 0, durationHigh: 0, service: 0, kind: 0 }
}

/** Fills in all but the service. */
export function readCallRow({ ids, start, duration, kind }: CallColumns, row: number, into: CallRow): void {
  const at = row * 8
  into.idLow = ids[at + 4] as number
  into.idHigh = ids[at + 5] as number
  into.parentLow = ids[at + 6] as number
  into.parentHigh = ids[at + 7] as number
  into.startLow = start[row * 2] as number
  into.startHigh = start[row * 2 + 1] as number
  into.durationLow = duration[row * 2] as number
  into.durationHigh = duration[row * 2 + 1] as number
  into.kind = kind[row] as number
}

const WORDS = 10

/** Gets row, number of the calling service, and +1 or -1. */
export type CallSink = (row: number, parent: number, sign: 1 | -1) => void

/** One object serves trace after trace: clear(), add() each span, emit(). */
export class TraceCalls {
  readonly #name: (service: number) => string
  readonly #seed = Math.floor(Math.random() * 0x1_0000_0000)
  #rows = new Int32Array(FIRST_CAPACITY * WORDS)
  /** Rows by id: of each slot the one that is the parent of spans with this parent id, and a client span of the id. */
  #best = new Int32Array(FIRST_CAPACITY * 2)
  #client = new Int32Array(FIRST_CAPACITY * 2)
  /** The row before with the same id. */
  #same = new Int32Array(FIRST_CAPACITY)
  #before = new Int32Array(FIRST_CAPACITY)
  #after = new Int32Array(FIRST_CAPACITY)
  #slots = 0
  count = 0

  /** `name` of a service's number: names decide between spans that share an id. */
  constructor(name: (service: number) => string) {
    this.#name = name
  }

  clear(): void {
    this.count = 0
  }

  add(row: Readonly<CallRow>): void {
    if ((this.count + 1) * WORDS > this.#rows.length) this.#grow()
    const rows = this.#rows
    const at = this.count++ * WORDS
    rows[at] = row.idLow
    rows[at + 1] = row.idHigh
    rows[at + 2] = row.parentLow
    rows[at + 3] = row.parentHigh
    rows[at + 4] = row.startLow
    rows[at + 5] = row.startHigh
    rows[at + 6] = row.durationLow
    rows[at + 7] = row.durationHigh
    rows[at + 8] = row.service
    rows[at + 9] = row.kind
  }

  #grow(): void {
    const capacity = this.#same.length * 2
    const rows = new Int32Array(capacity * WORDS)
    rows.set(this.#rows)
    this.#rows = rows
    this.#best = new Int32Array(capacity * 2)
    this.#client = new Int32Array(capacity * 2)
    this.#same = new Int32Array(capacity)
    this.#before = new Int32Array(capacity)
    this.#after = new Int32Array(capacity)
  }

  /** How the calls of all rows differ from those of the first `known` rows: calls that came are +1, that went -1. */
  emit(known: number, sink: CallSink): void {
    if (known > 0) this.#resolve(known, this.#before)
    this.#resolve(this.count, this.#after)
    for (let row = 0; row < this.count; row++) {
      const before = row < known ? (this.#before[row] as number) : NO_CALL
      const after = this.#after[row] as number
      if (before === after) continue
      if (before !== NO_CALL) sink(row, before, -1)
      if (after !== NO_CALL) sink(row, after, 1)
    }
  }

  /** Calling service of each of the first `count` rows. */
  #resolve(count: number, out: Int32Array): void {
    let slots = 16
    while (slots < count * 2) slots *= 2
    this.#slots = slots
    this.#best.fill(-1, 0, slots)
    this.#client.fill(-1, 0, slots)
    const rows = this.#rows
    for (let row = 0; row < count; row++) this.#insert(row)
    for (let row = 0; row < count; row++) {
      out[row] = NO_CALL
      const caller = this.#caller(row)
      if (caller < 0 || this.#isRepeated(row)) continue
      const service = rows[caller * WORDS + 8] as number
      if (service !== rows[row * WORDS + 8]) out[row] = service
    }
  }

  #caller(row: number): number {
    const rows = this.#rows
    const at = row * WORDS
    if (rows[at + 9] === SERVER) {
      const client = this.#client[this.#slot(rows[at] as number, rows[at + 1] as number)] as number
      if (client >= 0) return client
    }
    const low = rows[at + 2] as number
    const high = rows[at + 3] as number
    return low === 0 && high === 0 ? -1 : (this.#best[this.#slot(low, high)] as number)
  }

  /** The slot of an id, or the empty one where it would stand. */
  #slot(low: number, high: number): number {
    const rows = this.#rows
    const mask = this.#slots - 1
    let mixed = Math.imul(low ^ this.#seed, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae3d)
    let slot = (mixed ^ (mixed >>> 13)) & mask
    for (;;) {
      const row = this.#best[slot] as number
      if (row < 0 || (rows[row * WORDS] === low && rows[row * WORDS + 1] === high)) return slot
      slot = (slot + 1) & mask
    }
  }

  #insert(row: number): void {
    const rows = this.#rows
    const at = row * WORDS
    const slot = this.#slot(rows[at] as number, rows[at + 1] as number)
    const best = this.#best[slot] as number
    // The chain of an id starts at its newest row, which `best` need not be: it hangs behind the best one.
    if (best < 0) {
      this.#best[slot] = row
      this.#same[row] = -1
    } else if (this.#isBetter(row, best, true)) {
      this.#best[slot] = row
      this.#same[row] = best
    } else {
      this.#same[row] = this.#same[best] as number
      this.#same[best] = row
    }
    if (rows[at + 9] !== CLIENT) return
    const client = this.#client[slot] as number
    if (client < 0 || this.#isBetter(row, client, false)) this.#client[slot] = row
  }

  #isBetter(row: number, than: number, serverFirst: boolean): boolean {
    const rows = this.#rows
    const isServer = rows[row * WORDS + 9] === SERVER
    if (serverFirst && isServer !== (rows[than * WORDS + 9] === SERVER)) return isServer
    const service = rows[row * WORDS + 8] as number
    const other = rows[than * WORDS + 8] as number
    return service !== other && this.#name(service) < this.#name(other)
  }

  /** Whether an earlier row says the same: a span that was sent twice. */
  #isRepeated(row: number): boolean {
    const rows = this.#rows
    const at = row * WORDS
    let other = this.#best[this.#slot(rows[at] as number, rows[at + 1] as number)] as number
    for (let i = 0; other >= 0 && i < MAX_SAME_ID; i++) {
      if (other < row && this.#isSame(at, other * WORDS)) return true
      other = this.#same[other] as number
    }
    return false
  }

  #isSame(a: number, b: number): boolean {
    const rows = this.#rows
    for (let word = 2; word < WORDS; word++) if (rows[a + word] !== rows[b + word]) return false
    return true
  }
}
