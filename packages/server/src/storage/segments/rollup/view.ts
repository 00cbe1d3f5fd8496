// The rollups as the query thread sees them: which tenant and hour stands in which files, and the sums of hours that were
// asked for, in the cache that all reading shares. Adding up hours is all that a question about a week costs.

import { join } from 'node:path'
import { toError } from '@spoor/core/base/errors'
import { LinkSum } from '../../api/links/link-totals.ts'
import type { Cache } from '../cache.ts'
import type { OpenFiles } from '../segment-file.ts'
import { mergeCells, type RollupCell, type RollupLink } from './cells.ts'
import { type CellPlace, RollupFile, type RollupEntry } from './file.ts'

interface Place {
  readonly file: RollupFile
  readonly place: CellPlace
}

/** One hour of a tenant. */
interface Hour {
  /** One that cannot be read leaves while they are read. */
  readonly places: Place[]
  /** Differs whenever the places do. */
  version: number
}

/** Answers that are kept for when they are asked for again. */
const KEPT_SUMS = 16
const LINK_BYTES = 120
/** What a minute takes beside its durations, in numbers of eight bytes. */
const MINUTE_NUMBERS = 16

export interface RollupViewOptions {
  readonly folder: string
  readonly files: OpenFiles
  readonly cache: Cache
  onDamage(file: RollupFile, error: Error): void
}

export class RollupView {
  readonly #options: RollupViewOptions
  readonly #files = new Map<number, RollupFile>()
  /** Files whose places are not listed yet. */
  readonly #unread = new Set<RollupFile>()
  readonly #tenants = new Map<string, Map<number, Hour>>()
  readonly #sums = new Map<string, LinkSum>()
  #version = 0

  constructor(options: RollupViewOptions) {
    this.#options = options
  }

  get entries(): readonly RollupEntry[] {
    return [...this.#files.values()].map(({ entry }) => entry)
  }

  /** In one turn: files go, files come. */
  change(add: readonly RollupEntry[], remove: readonly number[]): void {
    for (const id of remove) this.#remove(id)
    for (const entry of add) {
      const file = new RollupFile(entry, join(this.#options.folder, 'rollups', entry.file), this.#options.files)
      this.#files.set(entry.id, file)
      this.#unread.add(file)
    }
    this.#sums.clear()
  }

  close(): void {
    for (const id of this.#files.keys()) this.#remove(id)
  }

  #remove(id: number): void {
    const file = this.#files.get(id)
    if (file === undefined) return
    this.#files.delete(id)
    this.#sums.clear()
    if (!this.#unread.delete(file)) {
      for (const [tenant, hours] of this.#tenants) {
        for (const [number, hour] of hours) {
          const at = hour.places.findIndex((place) => place.file === file)
          if (at < 0) continue
          hour.places.splice(at, 1)
          hour.version = ++this.#version
          if (hour.places.length === 0) hours.delete(number)
        }
        if (hours.size === 0) this.#tenants.delete(tenant)
      }
    }
    file.close()
  }

  #list(): void {
    for (const file of this.#unread) {
      this.#unread.delete(file)
      this.#guarded(file, () => {
        for (const place of file.places) {
          const hours = this.#tenants.get(place.tenant) ?? new Map<number, Hour>()
          this.#tenants.set(place.tenant, hours)
          const hour = hours.get(place.hour) ?? { places: [], version: 0 }
          hours.set(place.hour, hour)
          hour.places.push({ file, place })
          hour.version = ++this.#version
        }
      })
    }
  }

  /** A file that cannot be read is left out from now on; the others serve on. */
  #guarded(file: RollupFile, read: () => void): void {
    try {
      read()
    } catch (thrown) {
      this.#remove(file.entry.id)
      this.#options.onDamage(file, toError(thrown))
    }
  }

  /** Adds to `sum` the calls in the hours [first, last]. */
  addLinks(sum: LinkSum, tenant: string, first: number, last: number): void {
    this.#list()
    const key = `${first}/${last}/${tenant}`
    let known = this.#sums.get(key)
    if (known === undefined) {
      known = this.#add(tenant, first, last)
      this.#sums.set(key, known)
      for (const oldest of this.#sums.keys()) if (this.#sums.size > KEPT_SUMS) this.#sums.delete(oldest)
    }
    sum.addAll(known)
  }

  #add(tenant: string, first: number, last: number): LinkSum {
    const sum = new LinkSum()
    for (const [number, hour] of this.#tenants.get(tenant) ?? []) {
      if (number < first || number > last) continue
      for (const { parent, child, calls, errors } of this.#links(tenant, number, hour))
        sum.add(parent, child, calls, errors)
    }
    return sum
  }

  #links(tenant: string, number: number, hour: Hour): readonly RollupLink[] {
    return this.#options.cache.get(`rollup/${number}/${hour.version}/${tenant}`, () => {
      const links = new Map<string, RollupLink>()
      for (const { file, place } of hour.places.slice()) {
        this.#guarded(file, () => {
          for (const { parent, child, calls, errors } of file.sums(place).links) {
            const key = `${parent.length}/${parent}${child}`
            const known = links.get(key)
            const sum = { calls: calls + (known?.calls ?? 0), errors: errors + (known?.errors ?? 0) }
            links.set(key, { parent, child, ...sum })
          }
        })
      }
      return { value: [...links.values()], bytes: 200 + links.size * LINK_BYTES }
    })
  }

  /** Cells of the hours [first, last], each hour once. */
  *cells(tenant: string, first: number, last: number): Generator<RollupCell> {
    this.#list()
    for (const [number, hour] of this.#tenants.get(tenant) ?? [])
      if (number >= first && number <= last) yield* this.#cell(tenant, number, hour)
  }

  #cell(tenant: string, number: number, hour: Hour): readonly RollupCell[] {
    return this.#options.cache.get(`rollup cell/${number}/${hour.version}/${tenant}`, () => {
      const parts: RollupCell[] = []
      for (const { file, place } of hour.places.slice()) this.#guarded(file, () => parts.push(file.cell(place)))
      const value = mergeCells(parts, { operations: 0, links: 0 })
      const numbers = value.flatMap(({ operations }) =>
        operations.flatMap(({ minutes }) => minutes.map(({ durations }) => durations.length + MINUTE_NUMBERS)),
      )
      return { value, bytes: 500 + numbers.reduce((sum, count) => sum + count, 0) * 8 }
    })
  }
}
