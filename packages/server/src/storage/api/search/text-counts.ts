// Spans counted by the texts of a facet, each distinct text once and by number. Bounded: what is beyond is said, not kept.

import type { FilterTarget } from '@spoor/core/model/filter'
import type { Facet } from '../search-index.ts'

/** Distinct texts that are told apart; a span of another still counts as one that has the target. */
const MAX_TEXTS = 100_000

/** Texts by number, and how many spans have each. */
export class TextCounts {
  readonly #numbers = new Map<string, number>()
  readonly texts: string[] = []
  readonly counts: number[] = []
  /** Spans that have any. */
  spans = 0
  /** True where there were more texts than are told apart. */
  full = false

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    if (this.texts.length >= MAX_TEXTS) return -1
    this.#numbers.set(text, this.texts.length)
    this.counts.push(0)
    return this.texts.push(text) - 1
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
