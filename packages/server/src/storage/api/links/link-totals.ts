// Calls between services, counted by hour of the called span's start: what dependencies are added up from.

import { sortLinks } from '@spoor/core/model/links'
import type { DependencyLink } from '../store.ts'

export const HOUR_NS = 3_600_000_000_000n

/** Texts by number, each once. */
export class Names {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }

  text(number: number): string {
    return this.#texts[number] ?? ''
  }

  get count(): number {
    return this.#texts.length
  }
}

/** Counts may be negative where calls were taken back that another count still has. */
export interface LinkCount {
  readonly parent: number
  readonly child: number
  calls: number
  errors: number
}

/** Parents and children are numbers of names. */
export class LinkTotals {
  readonly #hours = new Map<number, Map<number, LinkCount>>()

  /** `hour`: Unix hours. */
  add(hour: number, parent: number, child: number, calls: number, errors: number): void {
    const link = this.link(hour, parent, child)
    link.calls += calls
    link.errors += errors
  }

  /** To be counted in; it stays the same one. */
  link(hour: number, parent: number, child: number): LinkCount {
    let links = this.#hours.get(hour)
    if (links === undefined) {
      links = new Map()
      this.#hours.set(hour, links)
    }
    const key = parent * 0x400_0000 + child
    let link = links.get(key)
    if (link === undefined) {
      link = { parent, child, calls: 0, errors: 0 }
      links.set(key, link)
    }
    return link
  }

  clear(): void {
    this.#hours.clear()
  }

  get hours(): Iterable<number> {
    return this.#hours.keys()
  }

  of(hour: number): Iterable<LinkCount> {
    return this.#hours.get(hour)?.values() ?? []
  }

  /** Adds the counts of the hours [first, last] to a sum. */
  addTo(sum: LinkSum, first: number, last: number, names: Names): void {
    for (const [hour, links] of this.#hours) {
      if (hour < first || hour > last) continue
      for (const { parent, child, calls, errors } of links.values())
        sum.add(names.text(parent), names.text(child), calls, errors)
    }
  }
}

/** Adds up links by name. */
export class LinkSum {
  readonly #links = new Map<string, { parent: string; child: string; callCount: number; errorCount: number }>()

  add(parent: string, child: string, calls: number, errors: number): void {
    const key = `${parent.length}/${parent}${child}`
    const link = this.#links.get(key)
    if (link === undefined) this.#links.set(key, { parent, child, callCount: calls, errorCount: errors })
    else {
      link.callCount += calls
      link.errorCount += errors
    }
  }

  addAll(other: LinkSum): void {
    for (const { parent, child, callCount, errorCount } of other.#links.values())
      this.add(parent, child, callCount, errorCount)
  }

  /** By parent, then child; without those that came to nothing. */
  links(): DependencyLink[] {
    return sortLinks([...this.#links.values()].filter((link) => link.callCount > 0))
  }
}

/** Unix hours of a time; all that a range of nanoseconds touches is [hourOf(min), hourOf(max)]. */
export function hourOf(ns: bigint): number {
  return Number(ns / HOUR_NS)
}
