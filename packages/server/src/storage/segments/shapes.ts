// Shapes: the lists of keys that spans and events have. A program's spans have few, so a row names its list by number, and
// the values of each key stand together.

import { ByteReader, type ByteWriter, damaged } from './bytes.ts'

export class ShapeTable {
  readonly #known = new Map<number, number[]>()
  readonly #shapes: Uint32Array[] = []

  /** Number of the list that is the first `count` of `keys`. */
  number(keys: readonly number[], count: number): number {
    let hash = count
    for (let i = 0; i < count; i++) hash = Math.imul(hash ^ (keys[i] as number), 0x9e3779b1) ^ (hash >>> 15)
    const known = this.#known.get(hash)
    if (known !== undefined) {
      for (let i = 0; i < known.length; i++) {
        const number = known[i] as number
        if (this.#is(number, keys, count)) return number
      }
    }
    const number = this.#shapes.length
    this.#shapes.push(Uint32Array.from(keys.slice(0, count)))
    if (known === undefined) this.#known.set(hash, [number])
    else known.push(number)
    return number
  }

  #is(number: number, keys: readonly number[], count: number): boolean {
    const shape = this.#shapes[number] as Uint32Array
    if (shape.length !== count) return false
    for (let i = 0; i < count; i++) if (shape[i] !== keys[i]) return false
    return true
  }

  clear(): void {
    this.#known.clear()
    this.#shapes.length = 0
  }

  writeTo(out: ByteWriter): void {
    out.varint(this.#shapes.length)
    for (const shape of this.#shapes) {
      out.varint(shape.length)
      for (const key of shape) out.varint(key)
    }
  }
}

export function decodeShapes(bytes: Uint8Array): Uint32Array[] {
  const reader = new ByteReader(bytes)
  const count = reader.varint()
  if (count > bytes.length) throw damaged()
  const shapes: Uint32Array[] = []
  for (let i = 0; i < count; i++) {
    const length = reader.varint()
    if (length > bytes.length) throw damaged()
    const shape = new Uint32Array(length)
    for (let k = 0; k < length; k++) shape[k] = reader.varint()
    shapes.push(shape)
  }
  return shapes
}
