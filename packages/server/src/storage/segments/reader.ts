// The query thread's part: searches and reads heads and segments as one. Everything it reads from shared memory it reads in
// one go, without giving way in between, so a head can be let go of at any turn: a search that is under way goes on in the
// segment that took its place.

import type { MessagePort } from 'node:worker_threads'
import { receiveMessageOnPort } from 'node:worker_threads'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { StoreStats } from '@spoor/core/api/store'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { ReadDisk } from '../../pipeline/spool/disk.ts'
import type { StorageHost } from '../api/plugin.ts'
import { hourOf, LinkSum } from '../api/links/link-totals.ts'
import { Merge } from '../api/search/merge.ts'
import { timeRange } from '../api/search/rows.ts'
import { planWhole, type PreparedFilter, preparePushed } from '../api/search/whole-filter.ts'
import type { SearchIndex } from '../api/search-index.ts'
import type {
  Candidate,
  Capabilities,
  DependencyLink,
  Operation,
  Plan,
  ReadOptions,
  RedQuery,
  RedSeries,
  SearchQuery,
  SpanReader,
  TraceChunk,
} from '../api/store.ts'
import { Cache } from './cache.ts'
import type { SegmentsConfig } from './config-types.ts'
import { Head } from './head.ts'
import { HeadView } from './head-view.ts'
import { LiveStats } from './live-stats.ts'
import { ReaderAdmin } from './lifecycle/reader-admin.ts'
import type { Tombstone } from './lifecycle/tombstones.ts'
import type { ManifestEntry } from './manifest.ts'
import type { FromQuery, ToQuery } from './messages.ts'
import { OperationList } from './operation-list.ts'
import { Rollups } from './rollup/rollups.ts'
import { Segment } from './segment.ts'
import { OpenFiles, SegmentFile } from './segment-file.ts'
import type { HeldPlaces, IndexHost } from './search/places.ts'
import { SegmentsIndex } from './search/segments-index.ts'
import { segmentSource, type SegmentSearch } from './segment-source.ts'
import { readTrace, resolveTraceId } from './trace-reader.ts'

const OPEN_FILES = 512

/** A search that is under way, for when a head is swapped for its segment. */
interface Running {
  readonly merge: Merge
  /** Numbers of the segments that it reads. */
  readonly segments: Set<number>
  replacement(segment: Segment): SegmentSearch | undefined
}

export class SegmentsReader implements SpanReader {
  readonly admin: ReaderAdmin = new ReaderAdmin((message) => this.#tell(message))
  readonly index: SearchIndex
  readonly #host: StorageHost
  readonly #cache: Cache
  readonly #files: OpenFiles
  readonly #heads = new Map<number, HeadView>()
  readonly #segments = new Map<number, Segment>()
  readonly #running = new Set<Running>()
  /** Numbers of the segments that searches by the index read. */
  readonly #held = new Set<ReadonlySet<number>>()
  /** Counts heads that went. */
  #headsGone = 0
  readonly #operations: OperationList
  /** Out of the list, and still read by searches that began before. */
  readonly #leaving = new Map<number, Segment>()
  readonly #rollups: Rollups
  readonly #stats: LiveStats
  #tombstones: readonly Tombstone[] = []
  #folder = ''
  #port: MessagePort | undefined
  #open = false
  #failure: SpoorError | undefined
  #opened: (() => void)[] = []
  #stopped = false

  /** `indexTraces`: held at once by a search of the index; its own bound where not given. */
  constructor(config: SegmentsConfig, host: StorageHost, disk: ReadDisk, indexTraces?: number) {
    this.#host = host
    this.#files = new OpenFiles(OPEN_FILES, disk)
    this.#cache = new Cache(config.cacheBytes)
    this.#operations = new OperationList((segment, error) => this.#setAside(segment, error))
    const indexHost: IndexHost = {
      hold: () => this.#hold(),
      onDamage: (segment, error) => this.#setAside(segment, error),
    }
    this.index = new SegmentsIndex(indexHost, indexTraces)
    this.#rollups = new Rollups(host, this.#cache, this.#files)
    this.#stats = new LiveStats({
      config,
      host,
      cache: this.#cache,
      segments: () => [...this.#segments.values()],
      heads: () => [...this.#heads.values()],
      rollups: () => this.#rollups.entries,
      tombstones: () => this.#tombstones.length,
    })
  }

  /** Resolves when the ingest part has opened the folder; rejects with its error where it could not. */
  async start(): Promise<void> {
    if (this.#port === undefined) {
      this.#port = this.#host.port('ingest')
      this.#port.on('message', (message: ToQuery) => this.#take(message))
      this.#port.postMessage({ type: 'hello' } satisfies FromQuery)
      this.#host.metrics.onCollect(() => this.#stats.collect())
    }
    while (!this.#open && this.#failure === undefined) await new Promise<void>((resolve) => this.#opened.push(resolve))
    if (this.#failure !== undefined) throw this.#failure
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#port?.postMessage({ type: 'gone' } satisfies FromQuery)
    this.admin.stop()
    this.#heads.clear()
    for (const segment of [...this.#segments.values(), ...this.#leaving.values()]) segment.close()
    this.#segments.clear()
    this.#leaving.clear()
    this.#rollups.close()
    this.#files.closeAll()
    await Promise.resolve()
  }

  capabilities(): Capabilities {
    return { searchWithoutService: true, durable: true }
  }

  plan(query: SearchQuery): Plan {
    return planWhole(query)
  }

  async *candidates(query: SearchQuery, plan: Plan, options: ReadOptions = {}): AsyncIterable<readonly Candidate[]> {
    this.#drain()
    const filter = preparePushed(plan)
    const merge = new Merge(query.startMaxNs)
    const searchOf = (segment: Segment, maxNs: bigint): SegmentSearch | undefined =>
      this.#search(segment, query, maxNs, filter, options)
    for (const view of this.#heads.values()) {
      const tenant = view.head.tenantIndex(query.tenant)
      if (tenant < 0) continue
      const range = timeRange(query.startMinNs, query.startMaxNs)
      for (const source of view.sources({ tenant, ...filter, range })) merge.open(source)
    }
    for (const segment of this.#segments.values()) openSegment(merge, searchOf(segment, query.startMaxNs))
    const running: Running = {
      merge,
      segments: new Set(this.#segments.keys()),
      replacement: (segment) =>
        searchOf(segment, merge.reachedNs < query.startMaxNs ? merge.reachedNs : query.startMaxNs),
    }
    this.#running.add(running)
    try {
      yield* merge.run(options.signal)
    } finally {
      this.#running.delete(running)
      this.#letGo()
    }
  }

  #search(
    segment: Segment,
    query: SearchQuery,
    maxNs: bigint,
    filter: PreparedFilter,
    options: ReadOptions,
  ): SegmentSearch | undefined {
    const tenant = segment.tenant(query.tenant)
    if (tenant === undefined) return undefined
    return {
      segment,
      tenant,
      ...filter,
      range: timeRange(query.startMinNs, maxNs),
      stats: options.stats,
      tombstones: () => this.#tombstones,
      onDamage: (damaged, error) => this.#setAside(damaged, error),
    }
  }

  async *traces(tenant: string, ids: readonly string[], options: ReadOptions = {}): AsyncIterable<TraceChunk> {
    for (const [i, id] of ids.entries()) {
      if (options.signal?.aborted === true) throw new SpoorError('cancelled', 'aborted', 'the caller went away')
      if (i > 0 && (i & 3) === 0) await setImmediate()
      const chunk = this.#trace(tenant, id, options)
      if (chunk !== undefined) yield chunk
    }
  }

  /** Reads one trace from everywhere, in one go. */
  #trace(tenant: string, id: string, options: ReadOptions): TraceChunk | undefined {
    this.#drain()
    const place = {
      heads: [...this.#heads.values()],
      segments: [...this.#segments.values()].filter((segment) => !segment.damaged),
      tenant,
      stats: options.stats,
      tombstones: this.#tombstones,
      onDamage: (segment: Segment, error: SpoorError): void => this.#setAside(segment, error),
    }
    const traceId = id.length === 32 ? id : resolveTraceId(place, id)
    return traceId === undefined ? undefined : readTrace(place, traceId)
  }

  async services(tenant: string): Promise<readonly string[]> {
    return [...new Set(this.#listOperations(tenant).map((entry) => entry.service))]
      .filter((name) => name !== '')
      .toSorted()
  }

  async operations(tenant: string, service?: string): Promise<readonly Operation[]> {
    const found = new Map<string, Operation>()
    for (const entry of this.#listOperations(tenant)) {
      if (entry.name === '' || (service !== undefined && entry.service !== service)) continue
      found.set(`${entry.kind}/${entry.name}`, { name: entry.name, kind: entry.kind })
    }
    return [...found.values()].toSorted((a, b) => (a.name === b.name ? a.kind - b.kind : a.name < b.name ? -1 : 1))
  }

  async dependencies(tenant: string, startMinNs: bigint, startMaxNs: bigint): Promise<readonly DependencyLink[]> {
    for (;;) {
      this.#drain()
      if (this.#rollups.catchUp(this.#heads.values(), this.#segments.values())) break
      await setImmediate()
    }
    const sum = new LinkSum()
    this.#rollups.addLinks(sum, tenant, hourOf(startMinNs), hourOf(startMaxNs))
    return sum.links()
  }

  async red(query: RedQuery): Promise<readonly RedSeries[]> {
    for (;;) {
      this.#drain()
      if (this.#rollups.catchUpRed(this.#heads.values())) return this.#rollups.red(query)
      await setImmediate()
    }
  }

  async stats(): Promise<StoreStats> {
    this.#drain()
    return await this.#stats.read()
  }

  #listOperations(tenant: string): { service: string; name: string; kind: number }[] {
    this.#drain()
    return this.#operations.list(tenant, this.#heads.values(), this.#segments.values())
  }

  /** Takes what the ingest thread has said by now, so that what was acknowledged before a call is found by it. */
  #drain(): void {
    if (this.#port === undefined || this.#stopped)
      throw new SpoorError('unavailable', 'store_stopped', 'the store is not running')
    for (
      let received = receiveMessageOnPort(this.#port);
      received !== undefined;
      received = receiveMessageOnPort(this.#port)
    ) {
      this.#take(received.message as ToQuery)
    }
  }

  #take(message: ToQuery): void {
    if (this.#stopped) return
    if (message.type === 'open') {
      this.#folder = message.folder
      this.#rollups.open(message.folder, message.rollups)
      this.#tombstones = message.tombstones
      for (const entry of message.segments) this.#addSegment(entry)
      this.#open = true
    } else if (message.type === 'head') {
      const view = new HeadView(new Head(message.head))
      this.#heads.set(message.head.id, view)
      if (message.cuts.length > 0) view.hide(...message.cuts)
    } else if (message.type === 'sealed') this.#swap(message)
    else if (message.type === 'rollups') this.#rollups.change(message)
    else if (message.type === 'changed') this.#change(message)
    else if (message.type === 'answer') this.admin.answered(message)
    else this.#failure = new SpoorError(message.kind, message.code, message.message)
    if (this.#open || this.#failure !== undefined) for (const wake of this.#opened.splice(0)) wake()
  }

  #addSegment(entry: ManifestEntry): Segment {
    const file = new SegmentFile(join(this.#folder, 'segments', entry.file), this.#files)
    const segment = new Segment(entry, file, this.#cache)
    // What is forgotten of it is known before its names are read.
    segment.hidden(this.#tombstones)
    this.#segments.set(entry.id, segment)
    return segment
  }

  #hold(): HeldPlaces {
    this.#drain()
    const ids = new Set(this.#segments.keys())
    this.#held.add(ids)
    const gone = this.#headsGone
    return {
      heads: [...this.#heads.values()],
      segments: [...this.#segments.values()],
      tombstones: this.#tombstones,
      headsMoved: () => this.#headsGone !== gone,
      letGo: () => {
        this.#held.delete(ids)
        this.#letGo()
      },
    }
  }

  /** In one turn: the head goes, the segment comes, searches under way change over, the head is let go of. */
  #swap({ head, segment: entry, rollup }: Extract<ToQuery, { readonly type: 'sealed' }>): void {
    this.#rollups.sealed(head, rollup)
    this.#heads.delete(head)
    this.#headsGone++
    const segment = entry === undefined ? undefined : this.#addSegment(entry)
    for (const { merge, replacement, segments } of this.#running) {
      const search = segment === undefined ? undefined : replacement(segment)
      if (segment !== undefined) segments.add(segment.id)
      merge.replace(head, search === undefined ? undefined : segmentSource(search))
    }
    this.#port?.postMessage({ type: 'released', head } satisfies FromQuery)
  }

  #tell(message: FromQuery): void {
    if (this.#port === undefined || this.#stopped)
      throw new SpoorError('unavailable', 'store_stopped', 'the store is not running')
    this.#port.postMessage(message)
  }

  /** In one turn: segments go and others come, deletions are obeyed. Searches under way finish on what they began with. */
  #change({ change, cuts }: Extract<ToQuery, { readonly type: 'changed' }>): void {
    const { add, remove, addTombstones, removeTombstones } = change
    this.#rollups.segmentsChanged()
    if (addTombstones.length > 0 || removeTombstones.length > 0)
      this.#tombstones = [...this.#tombstones.filter(({ id }) => !removeTombstones.includes(id)), ...addTombstones]
    const staying = new Set(add.map(({ id }) => id))
    for (const entry of add) if (!this.#segments.has(entry.id) && !remove.includes(entry.id)) this.#addSegment(entry)
    const unknown: number[] = []
    for (const id of remove) {
      if (staying.has(id)) continue
      const segment = this.#segments.get(id)
      this.#segments.delete(id)
      this.#operations.forget(id)
      // One that was set aside is not read by anybody.
      if (segment === undefined) unknown.push(id)
      else this.#leaving.set(id, segment)
    }
    for (const { tenant, target } of addTombstones) {
      for (const segment of this.#segments.values()) {
        segment.hidden(this.#tombstones)
        if ('everything' in target) this.#operations.forget(segment.id, tenant)
      }
    }
    for (const [head, cut] of cuts) this.#heads.get(head)?.hide(cut)
    if (unknown.length > 0) this.#tell({ type: 'let go', segments: unknown })
    this.#letGo()
  }

  /** Says of which segments that left no search reads any more. */
  #letGo(): void {
    if (this.#leaving.size === 0 || this.#stopped) return
    const free: number[] = []
    for (const [id, segment] of this.#leaving) {
      if ([...this.#running].some(({ segments }) => segments.has(id))) continue
      if ([...this.#held].some((segments) => segments.has(id))) continue
      segment.close()
      this.#leaving.delete(id)
      free.push(id)
    }
    if (free.length > 0) this.#tell({ type: 'let go', segments: free })
  }

  /** A damaged segment is left out from now on; the rest serves on. */
  #setAside(segment: Segment, error: SpoorError): void {
    if (segment.damaged) return
    segment.damaged = true
    segment.close()
    this.#segments.delete(segment.id)
    this.#host.metrics.add('spoor_store_damaged_segments_total', {})
    const { spans } = segment.entryInfo
    this.#host.log.error('a segment is damaged and set aside', {
      segment: segment.path,
      spans,
      error: toError(error).message,
    })
  }
}

function openSegment(merge: Merge, search: SegmentSearch | undefined): void {
  const source = search === undefined ? undefined : segmentSource(search)
  if (source !== undefined) merge.open(source)
}
