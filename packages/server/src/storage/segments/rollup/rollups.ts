// Counts as the query thread gives them: rollups of what is sealed, and what the heads add to them now.

import { MINUTE_NS, MINUTES_AN_HOUR } from '../../api/links/minutes.ts'
import type { RedQuery, RedSeries } from '../../api/store.ts'
import type { StorageHost } from '../../api/plugin.ts'
import type { LinkSum } from '../../api/links/link-totals.ts'
import type { Cache } from '../cache.ts'
import type { HeadView } from '../head-view.ts'
import type { RollupChange } from '../messages.ts'
import type { Segment } from '../segment.ts'
import type { OpenFiles } from '../segment-file.ts'
import type { RollupEntry } from './file.ts'
import { mergeCells } from './cells.ts'
import { LiveCalls } from './live.ts'
import { LiveRed } from './live-red.ts'
import { RollupView } from './view.ts'

export class Rollups {
  readonly #host: StorageHost
  readonly #cache: Cache
  readonly #files: OpenFiles
  readonly #live: LiveCalls
  readonly #liveRed = new LiveRed()
  #view: RollupView | undefined

  constructor(host: StorageHost, cache: Cache, files: OpenFiles) {
    this.#host = host
    this.#cache = cache
    this.#files = files
    // Searches find the damage too, and set the segment aside.
    this.#live = new LiveCalls((segment, error) =>
      host.log.debug('a segment could not be read for the calls of traces that go on', {
        segment: segment.path,
        error: error.message,
      }),
    )
  }

  open(folder: string, entries: readonly RollupEntry[]): void {
    this.#view = new RollupView({
      folder,
      files: this.#files,
      cache: this.#cache,
      onDamage: (file, error) => {
        this.#host.metrics.add('spoor_store_damaged_rollups_total', {})
        this.#host.log.error('a rollup is damaged and set aside: its counts are missing', {
          rollup: file.path,
          error: error.message,
        })
      },
    })
    this.#view.change(entries, [])
  }

  /** Files that are there. */
  get entries(): readonly RollupEntry[] {
    return this.#view?.entries ?? []
  }

  /** The counts of a head are in its rollup now. */
  sealed(head: number, entry: RollupEntry | undefined): void {
    this.#live.reset()
    this.#liveRed.forget(head)
    if (entry !== undefined) this.#view?.change([entry], [])
  }

  change({ add, remove }: RollupChange): void {
    this.#view?.change(add, remove)
  }

  /** Segments went or came: what was looked up in them may be elsewhere. */
  segmentsChanged(): void {
    this.#live.reset()
  }

  /** Counts some of the rows that came; false where more are left. */
  catchUp(heads: Iterable<HeadView>, segments: Iterable<Segment>): boolean {
    return this.#live.catchUp(heads, segments)
  }

  /** Adds the calls of the hours [first, last]. */
  addLinks(sum: LinkSum, tenant: string, first: number, last: number): void {
    this.#view?.addLinks(sum, tenant, first, last)
    this.#live.totals(tenant)?.addTo(sum, first, last, this.#live.names)
  }

  /** As catchUp(), for red(). */
  catchUpRed(heads: Iterable<HeadView>): boolean {
    return this.#liveRed.catchUp([...heads])
  }

  red({ tenant, services, startMinNs, startMaxNs }: RedQuery): readonly RedSeries[] {
    const first = Number(startMinNs / MINUTE_NS)
    const last = Number(startMaxNs / MINUTE_NS)
    const [firstHour, lastHour] = [Math.floor(first / MINUTES_AN_HOUR), Math.floor(last / MINUTES_AN_HOUR)]
    const cells = [
      ...(this.#view?.cells(tenant, firstHour, lastHour) ?? []),
      ...this.#liveRed.cells(tenant, first, last),
    ]
    // As one hour: what is asked for is a row of minutes, wherever hours turn.
    const asked = cells.map(({ operations }) => ({
      tenant,
      hour: 0,
      links: [],
      operations: operations
        .filter(({ service }) => services.length === 0 || services.includes(service))
        .map((operation) => ({
          ...operation,
          minutes: operation.minutes.filter(({ minute }) => minute >= first && minute <= last),
        }))
        .filter(({ minutes }) => minutes.length > 0),
    }))
    const [sum] = mergeCells(asked, { operations: 0, links: 0 })
    return (sum?.operations ?? []).toSorted(compareSeries)
  }

  close(): void {
    this.#liveRed.clear()
    this.#live.reset()
    this.#view?.close()
  }
}

function compareSeries(a: RedSeries, b: RedSeries): number {
  if (a.service !== b.service) return a.service < b.service ? -1 : 1
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.kind - b.kind
}
