// What a running store says of itself, on the query thread: from the list of its files, and from what each segment says of its
// resources, read once. Also as metrics, which are as old as the last time that somebody asked, or a minute.

import { setImmediate } from 'node:timers/promises'
import type { StoreStats } from '@spoor/core/api/store'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { StorageHost } from '../api/plugin.ts'
import type { Cache } from './cache.ts'
import type { SegmentsConfig } from './config-types.ts'
import type { HeadView } from './head-view.ts'
import { upkeepDebt } from './lifecycle/debt.ts'
import { retentionRules } from './lifecycle/retention.ts'
import type { Segment } from './segment.ts'
import { addSum, segmentSums, type ServiceSums } from './service-sums.ts'
import { HeadCount, storeStats } from './store-stats.ts'

/** Services with a label of their own; the others are one. */
const MAX_LABELS = 200
const OTHER_SERVICES = 'other-services'
const REFRESH_MS = 60_000

/** What the reader knows. */
export interface LiveStore {
  readonly config: SegmentsConfig
  readonly host: StorageHost
  readonly cache: Cache
  segments(): readonly Segment[]
  heads(): readonly HeadView[]
  rollups(): readonly { readonly bytes: number }[]
  tombstones(): number
}

export class LiveStats {
  readonly #store: LiveStore
  readonly #sums = new Map<number, ServiceSums>()
  readonly #counts = new WeakMap<HeadView, HeadCount>()
  #last: StoreStats | undefined
  #lastAt = Number.NEGATIVE_INFINITY
  #reading: Promise<StoreStats> | undefined
  /** Labels that were shown. */
  readonly #shown = new Set<string>()

  constructor(store: LiveStore) {
    this.#store = store
  }

  async read(): Promise<StoreStats> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return await this.#reading
  }

  async #read(): Promise<StoreStats> {
    const { config, cache } = this.#store
    await this.#catchUp()
    const segments = this.#store.segments()
    const sums: ServiceSums = new Map()
    for (const { id } of segments) for (const sum of this.#sums.get(id)?.values() ?? []) addSum(sums, sum)
    const heads = this.#store.heads()
    const entries = segments.map(({ entryInfo }) => entryInfo)
    const tombstones = this.#store.tombstones()
    const rules = retentionRules(config.retentionMs, config.retentionRules)
    this.#last = storeStats({
      segments: entries,
      rollups: this.#store.rollups(),
      tombstones,
      spool: { files: heads.length, bytes: heads.reduce((sum, { head }) => sum + head.usedBytes, 0) },
      heads: heads.map((view) => this.#countOf(view).stats()),
      sums,
      debt: upkeepDebt(config, rules, entries, tombstones),
      cache: { bytes: cache.bytes, hits: cache.hits, misses: cache.misses },
    })
    this.#lastAt = performance.now()
    return this.#last
  }

  #countOf(view: HeadView): HeadCount {
    const known = this.#counts.get(view)
    if (known !== undefined) return known
    const count = new HeadCount(view.head)
    this.#counts.set(view, count)
    return count
  }

  /** Reads what is new of the segments, and gives way in between. */
  async #catchUp(): Promise<void> {
    const here = new Set(this.#store.segments().map(({ id }) => id))
    for (const id of this.#sums.keys()) if (!here.has(id)) this.#sums.delete(id)
    for (const segment of this.#store.segments()) {
      if (this.#sums.has(segment.id) || segment.damaged) continue
      try {
        this.#sums.set(segment.id, segmentSums(segment))
      } catch (thrown) {
        if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
        // Searches find it too, and set it aside.
        this.#sums.set(segment.id, new Map())
      }
      await setImmediate()
    }
  }

  /** Shows what is known, and has it made anew where it is old. */
  collect(): void {
    const { metrics, log } = this.#store.host
    const { cache } = this.#store
    metrics.set('spoor_store_cache_bytes', {}, cache.bytes)
    metrics.set('spoor_store_cache_hits', {}, cache.hits)
    metrics.set('spoor_store_cache_misses', {}, cache.misses)
    if (performance.now() - this.#lastAt > REFRESH_MS) {
      this.#lastAt = performance.now()
      void this.read().catch((thrown: unknown) =>
        log.debug('the store could not count what it holds', { error: toError(thrown).message }),
      )
    }
    if (this.#last === undefined) return
    const { rollups, oldestStartNs } = this.#last
    metrics.set('spoor_store_rollup_bytes', {}, rollups.bytes)
    if (oldestStartNs !== undefined)
      metrics.set('spoor_store_oldest_start_seconds', {}, Number(BigInt(oldestStartNs) / 1_000_000n) / 1000)
    this.#showServices(this.#last)
  }

  #showServices({ services }: StoreStats): void {
    const { metrics } = this.#store.host
    const now = new Map<string, { spans: number; bytes: number }>()
    for (const { service, spans, bytes } of services) {
      const label = now.has(service) || now.size < MAX_LABELS ? service : OTHER_SERVICES
      const sum = now.get(label) ?? { spans: 0, bytes: 0 }
      now.set(label, { spans: sum.spans + spans, bytes: sum.bytes + bytes })
    }
    // One that went is at zero; labels that were shown once stay few.
    for (const label of this.#shown) if (!now.has(label)) now.set(label, { spans: 0, bytes: 0 })
    for (const [service, { spans, bytes }] of now) {
      const label = this.#shown.has(service) || this.#shown.size < 2 * MAX_LABELS ? service : OTHER_SERVICES
      this.#shown.add(label)
      metrics.set('spoor_store_service_spans', { service: label }, spans)
      metrics.set('spoor_store_service_bytes', { service: label }, bytes)
    }
  }
}
