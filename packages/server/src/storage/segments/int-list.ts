// A growing list of numbers whose memory is kept from one use to the next.

export class IntList {
  items: Int32Array
  count = 0

  constructor(capacity: number) {
    this.items = new Int32Array(capacity)
  }

  /** Makes room for `more` numbers. */
  reserve(more: number): void {
    const wanted = this.count + more
    if (wanted <= this.items.length) return
    const grown = new Int32Array(Math.max(this.items.length * 2, wanted))
    grown.set(this.items.subarray(0, this.count))
    this.items = grown
  }

  push(value: number): void {
    if (this.count === this.items.length) this.reserve(1)
    this.items[this.count++] = value
  }

  /** Appends the other's items. */
  append(other: IntList): void {
    const { count } = other
    this.reserve(count)
    for (let i = 0; i < count; i++) this.items[this.count + i] = other.items[i] as number
    this.count += count
  }

  /** Empties the list, and gives memory back where far more than was used now is kept. */
  clear(): void {
    const { length } = this.items
    if (length > 65_536 && length > this.count * 4) this.items = new Int32Array(length >> 1)
    this.count = 0
  }
}
