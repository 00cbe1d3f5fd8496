// Spans counted by the texts of a facet, each distinct text once and by number. Bounded: what is beyond is said, not kept.

import { Buffer } from 'node:buffer'
import type { FilterTarget } from '@spoor/core/model/filter'
import type { Facet } from '../search-index.ts'

/** Distinct texts that are told apart; a span of another still counts as one that has the target. */
const MAX_TEXTS = 100_000
const FIRST_SLOTS = 256

/** Texts by number, and how many spans have each. */
export class TextCounts {
  /** Numbers by hash of the text: a text that is there already, or for which there is no room, need not be made to be asked for. */
  #slots = new Int32Array(FIRST_SLOTS).fill(-1)
  readonly #hashes: number[] = []
  /** Nobody can send texts that all have one hash. */
  readonly #seed = Math.floor(Math.random() * 0x1_0000_0000)
  readonly texts: string[] = []
  readonly counts: number[] = []
  /** Spans that have any. */
  spans = 0
  /** True where there were more texts than are told apart. */
  full = false

  numberOf(text: string): number {
    let hash = this.#seed
    for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i))
    const mask = this.#slots.length - 1
    let slot = slotOf(hash, mask)
    for (; (this.#slots[slot] as number) >= 0; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] as number
      if (this.#hashes[number] === hash && this.texts[number] === text) return number
    }
    return this.#add(text, hash, slot)
  }

  /** As numberOf(), of the ASCII text at [from, to). */
  numberOfAscii(bytes: Uint8Array, from: number, to: number): number {
    let hash = this.#seed
    for (let i = from; i < to; i++) hash = mixed(hash, bytes[i] as number)
    const mask = this.#slots.length - 1
    let slot = slotOf(hash, mask)
    for (; (this.#slots[slot] as number) >= 0; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] as number
      if (this.#hashes[number] === hash && isText(this.texts[number] as string, bytes, from, to)) return number
    }
    if (this.texts.length >= MAX_TEXTS) return -1
    return this.#add(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1'), hash, slot)
  }

  #add(text: string, hash: number, slot: number): number {
    const number = this.texts.length
    if (number >= MAX_TEXTS) return -1
    this.#slots[slot] = number
    this.#hashes.push(hash)
    this.counts.push(0)
    this.texts.push(text)
    if (number * 2 > this.#slots.length) this.#grow()
    return number
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4).fill(-1)
    const mask = slots.length - 1
    for (const [number, hash] of this.#hashes.entries()) {
      let slot = slotOf(hash, mask)
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask
      slots[slot] = number
    }
    this.#slots = slots
  }

  /** A span with these values; equal ones count once. */
  add(values: readonly number[], sign: 1 | -1): void {
    if (values.length === 0) return
    this.spans += sign
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      if (value < 0) this.full = true
      else if (values.indexOf(value) === i) this.counts[value] = (this.counts[value] as number) + sign
    }
  }

  /** As a facet; `partial` where not everything was counted. */
  facet(target: FilterTarget, limit: number, partial: boolean): Facet {
    const values = this.texts
      .map((value, i) => ({ value, spans: this.counts[i] as number }))
      .filter((entry) => entry.spans > 0)
      .toSorted((a, b) => b.spans - a.spans || (a.value < b.value ? -1 : 1))
    return { target, values: values.slice(0, limit), spans: this.spans, partial: partial || this.full }
  }

  addAll(other: TextCounts): void {
    this.spans += other.spans
    this.full ||= other.full
    for (const [i, text] of other.texts.entries()) {
      const number = this.numberOf(text)
      if (number < 0) this.full = true
      else this.counts[number] = (this.counts[number] as number) + (other.counts[i] as number)
    }
  }
}

function mixed(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x0100_0193) ^ (hash >>> 15)
}

function slotOf(hash: number, mask: number): number {
  return (Math.imul(hash, 0x9e37_79b1) >>> 8) & mask
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}
