// Spans of one trace by their span id: open addressing over the ids' words, for traces of a hundred thousand spans where a
// map of texts would cost more than all else. Ids come from clients, so the hash is drawn anew for each table.

export class IdTable {
  /** Two words a span: upper and lower half of its id. */
  #ids: Uint32Array = new Uint32Array(0)
  #slots: Int32Array = new Int32Array(0)
  #shift = 0
  readonly #a = oddNumber()
  readonly #b = oddNumber()

  /** Empties the table for other ids, of `count` spans. Reads `ids` as they are whenever it is asked. */
  reset(ids: Uint32Array, count: number): void {
    const bits = Math.max(33 - Math.clz32(count), 4)
    this.#ids = ids
    const size = 2 ** bits
    // A table much larger than needed would cost more to empty than a new one to make.
    if (this.#slots.length < size || this.#slots.length > size * 4) this.#slots = new Int32Array(size)
    this.#slots.fill(-1)
    this.#shift = Math.clz32(this.#slots.length) + 1
  }

  /** Adds a span; the first one added with its id, which is the span itself where there was none. */
  add(span: number): number {
    const slot = this.#slot(this.#ids[span * 2] as number, this.#ids[span * 2 + 1] as number)
    const known = this.#slots[slot] as number
    if (known >= 0) return known
    this.#slots[slot] = span
    return span
  }

  /** The first span added with the id, or -1. */
  find(high: number, low: number): number {
    return this.#slots[this.#slot(high, low)] as number
  }

  /** Where the id is or would be. */
  #slot(high: number, low: number): number {
    const slots = this.#slots
    const ids = this.#ids
    let slot = (Math.imul(high, this.#a) + Math.imul(low, this.#b)) >>> this.#shift
    for (;;) {
      const span = slots[slot] as number
      if (span < 0 || (ids[span * 2 + 1] === low && ids[span * 2] === high)) return slot
      slot = (slot + 1) & (slots.length - 1)
    }
  }
}

function oddNumber(): number {
  return Math.floor(Math.random() * 2 ** 32) | 1
}
