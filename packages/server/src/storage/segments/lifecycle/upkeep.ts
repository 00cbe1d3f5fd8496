// What the store thread does when nothing more urgent waits: lets old segments go, takes deleted rows and traces that a rule
// lets go out of the others, puts small ones together. One step at a time, each some milliseconds; every result is one change
// of the manifest. Never reads a full segment of which nothing goes.

import { join } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import type { StorageHost } from '../../api/plugin.ts'
import { Cache } from '../cache.ts'
import type { SegmentsConfig } from '../config-types.ts'
import type { ManifestEdit, ManifestEntry, ManifestFile } from '../manifest.ts'
import type { Sealer } from '../seal.ts'
import { Segment } from '../segment.ts'
import { OpenFiles, SegmentFile } from '../segment-file.ts'
import { mergeWindowMs, upkeepDebt } from './debt.ts'
import { planMerge } from './merge-plan.ts'
import { neighboursOf, RetainedTraces, rowsOutside, tracesOf, type TraceSet } from './retained.ts'
import {
  type Due,
  dueByRules,
  expired,
  oldestWith,
  type RetentionRules,
  retentionRules,
  totalBytes,
} from './retention.ts'
import { DamagedInput, type Drops, Rewrite, type Rewritten } from './rewrite.ts'
import { type Hides, SegmentHidden, type Tombstone } from './tombstones.ts'

const CACHE_BYTES = 4 << 20
const RETRY_MS = 30_000

export interface UpkeepParts {
  readonly config: SegmentsConfig
  readonly host: StorageHost
  readonly disk: Disk
  readonly manifest: ManifestFile
  readonly sealer: Sealer
  /** Numbers of listed segments that cannot be read; grows. */
  readonly unreadable: Set<number>
  /** Makes a change and tells everybody. */
  change(edit: ManifestEdit): Promise<void>
  /** Bytes of files that go as soon as nobody reads them. */
  leaving(): readonly ManifestEntry[]
}

type Why = 'age' | 'bytes' | 'space' | 'deletion' | 'rules' | 'merge'

interface Job {
  readonly why: Why
  readonly rewrite: Rewrite
  readonly steps: AsyncGenerator<void, Rewritten>
}

/** A segment at an age at which some of its traces go. */
interface Judging {
  readonly due: Due
  readonly own: TraceSet
  /** Not asked yet. */
  readonly neighbours: ManifestEntry[]
  readonly staying: Set<number>
}

export class Upkeep {
  readonly #parts: UpkeepParts
  readonly #rules: RetentionRules
  readonly #retained: RetainedTraces
  readonly #cache = new Cache(CACHE_BYTES)
  readonly #files: OpenFiles
  /** Segments that have nothing of a tombstone, by its number. */
  readonly #clean = new Map<number, Set<number>>()
  #job: Job | undefined
  #judging: Judging | undefined
  #notBefore = 0

  constructor(parts: UpkeepParts) {
    this.#parts = parts
    this.#files = new OpenFiles(4, parts.disk)
    this.#rules = retentionRules(parts.config.retentionMs, parts.config.retentionRules)
    this.#retained = new RetainedTraces(this.#rules)
  }

  /** One step; false where there is nothing to do now. Rejects where it failed; it is then left alone for a while. */
  async step(eager: boolean): Promise<boolean> {
    // What gives room on the disk is tried all the same.
    if (!eager && performance.now() < this.#notBefore) return await this.#letGo()
    try {
      if (this.#job !== undefined) return await this.#advance(this.#job)
      if (this.#judging !== undefined) return await this.#judge(this.#judging)
      return (await this.#letGo()) || (await this.#begin(eager))
    } catch (thrown) {
      await this.abort()
      if (thrown instanceof DamagedInput) {
        this.#setAside(thrown.entry, toError(thrown.cause))
        return true
      }
      this.#notBefore = performance.now() + RETRY_MS
      throw thrown
    }
  }

  /** Gives up the rewrite that is under way: its rows may not be what should stay any more. */
  async abort(): Promise<void> {
    const job = this.#job
    this.#job = undefined
    this.#judging = undefined
    if (job === undefined) return
    await job.steps.return({ outputs: [], dropped: 0, duplicates: 0 })
    await job.rewrite.undo()
  }

  /** Segments that wait to be put together, and tombstones. */
  get debt(): number {
    const { config, manifest } = this.#parts
    return upkeepDebt(config, this.#rules, this.#readable(), manifest.current.tombstones.length)
  }

  #readable(): ManifestEntry[] {
    return this.#parts.manifest.current.segments.filter(({ id }) => !this.#parts.unreadable.has(id))
  }

  /** Whole segments that go: by age, by bytes, for room on the disk. */
  async #letGo(): Promise<boolean> {
    const { config, disk, manifest } = this.#parts
    const { segments } = manifest.current
    const old = expired(segments, this.#rules, Date.now())
    if (old.length > 0) return await this.#drop(old, 'age')
    if (config.maxBytes > 0) {
      const over = totalBytes(segments) - config.maxBytes
      if (over > 0) return await this.#drop(oldestWith(segments, over), 'bytes')
    }
    if (config.reserveBytes === 0 || segments.length < 2) return false
    const free = (await disk.free(config.dir)) + totalBytes(this.#parts.leaving())
    const missing = config.reserveBytes * 2 - free
    // The newest stays: where not even that leaves room, somebody else takes it.
    return missing > 0 && (await this.#drop(oldestWith(segments, missing).slice(0, segments.length - 1), 'space'))
  }

  async #drop(going: readonly ManifestEntry[], why: Why): Promise<boolean> {
    await this.#parts.change({ remove: going.map(({ id }) => id) })
    this.#audit(why, going, spansOf(going), totalBytes(going))
    return true
  }

  async #begin(eager: boolean): Promise<boolean> {
    if (await this.#obeyTombstones()) return true
    const due = dueByRules(this.#readable(), this.#rules, Date.now())
    if (due !== undefined) {
      const own = this.#read(due.entry, tracesOf)
      this.#judging = { due, own, neighbours: neighboursOf(due.entry, this.#readable()), staying: new Set() }
      return true
    }
    const { config } = this.#parts
    const head = { spans: config.headSpans, bytes: config.headBytes }
    const run = planMerge(this.#readable(), { head, windowMs: mergeWindowMs(this.#rules), eager })
    if (run === undefined) return false
    this.#start('merge', run, this.#deletedRows())
    return true
  }

  #start(why: Why, inputs: readonly ManifestEntry[], drops: Drops, judgedMs?: number): void {
    const { config, disk, manifest, sealer } = this.#parts
    const limit = { spans: config.headSpans, bytes: config.headBytes }
    const tools = {
      disk,
      folder: config.dir,
      sealer,
      manifest,
      limit,
      open: (entry: ManifestEntry) => this.#open(entry),
    }
    const rewrite = new Rewrite(tools, inputs, drops, judgedMs)
    this.#job = { why, rewrite, steps: rewrite.steps() }
  }

  #open(entry: ManifestEntry): Segment {
    const path = join(this.#parts.config.dir, 'segments', entry.file)
    return new Segment(entry, new SegmentFile(path, this.#files), this.#cache)
  }

  #read<T>(entry: ManifestEntry, read: (segment: Segment) => T): T {
    const segment = this.#open(entry)
    try {
      return read(segment)
    } catch (thrown) {
      throw new DamagedInput(entry, thrown)
    } finally {
      segment.close()
    }
  }

  async #advance(job: Job): Promise<boolean> {
    const step = await job.steps.next()
    if (step.done !== true) return true
    const { inputs } = job.rewrite
    const { outputs, dropped, duplicates } = step.value
    await this.#parts.change({ remove: inputs.map(({ id }) => id), add: outputs })
    this.#job = undefined
    const { metrics } = this.#parts.host
    metrics.add('spoor_store_rewritten_segments_total', { reason: job.why }, inputs.length)
    metrics.add('spoor_store_rewritten_bytes_total', { reason: job.why }, totalBytes(outputs))
    if (duplicates > 0) metrics.add('spoor_store_duplicate_spans_total', { found: 'rewrite' }, duplicates)
    const freed = Math.max(0, totalBytes(inputs) - totalBytes(outputs))
    if (dropped > 0) this.#audit(job.why === 'rules' ? 'rules' : 'deletion', inputs, dropped, freed)
    return true
  }

  /** Rows that tombstones hide. */
  #deletedRows(): Drops {
    const { tombstones } = this.#parts.manifest.current
    let last: { readonly id: number; readonly hidden: SegmentHidden | undefined } | undefined
    return (segment, block): Hides | undefined => {
      if (last?.id !== segment.id) last = { id: segment.id, hidden: SegmentHidden.of(segment, tombstones) }
      return last.hidden?.inBlock(block)
    }
  }

  /** Looks at one segment, or takes away a tombstone that has nothing left. */
  async #obeyTombstones(): Promise<boolean> {
    const { manifest, unreadable } = this.#parts
    for (const tombstone of manifest.current.tombstones) {
      const clean = this.#cleanOf(tombstone)
      const entry = manifest.current.segments.find(
        ({ id, tenants }) =>
          id < tombstone.beforeSegment &&
          !clean.has(id) &&
          !unreadable.has(id) &&
          tenants.some(({ name }) => name === tombstone.tenant),
      )
      if (entry !== undefined) {
        if (this.#read(entry, (segment) => SegmentHidden.of(segment, [tombstone])?.any ?? false))
          this.#start('deletion', [entry], this.#deletedRows())
        else clean.add(entry.id)
        return true
      }
      if (!this.#isDone(tombstone)) continue
      await this.#parts.change({ removeTombstones: [tombstone.id] })
      this.#clean.delete(tombstone.id)
      return true
    }
    return false
  }

  #cleanOf({ id }: Tombstone): Set<number> {
    let clean = this.#clean.get(id)
    if (clean === undefined) {
      clean = new Set()
      this.#clean.set(id, clean)
    }
    return clean
  }

  /** Nothing that it is about is in a file any more: not in one that is still read, nor in one that cannot be read, nor in the spool. */
  #isDone({ beforeSegment, heads, tenant }: Tombstone): boolean {
    const { manifest, unreadable } = this.#parts
    const { segments, nextHead } = manifest.current
    return (
      heads.every(({ head }) => head < nextHead) &&
      this.#parts.leaving().every(({ id }) => id >= beforeSegment) &&
      segments.every(
        ({ id, tenants }) => id >= beforeSegment || !unreadable.has(id) || tenants.every(({ name }) => name !== tenant),
      )
    )
  }

  /** Asks one more neighbour; when all were asked, begins to take out what goes. */
  async #judge(judging: Judging): Promise<boolean> {
    const { due, own, staying } = judging
    const { entry, ageMs } = due
    const neighbour = judging.neighbours.pop()
    if (neighbour !== undefined) {
      this.#read(neighbour, (segment) => this.#retained.addTo(staying, own, segment, ageMs))
      return true
    }
    this.#judging = undefined
    if (!this.#read(entry, (segment) => someGo(segment, staying))) {
      await this.#parts.change({ remove: [entry.id], add: [{ ...entry, judgedMs: ageMs }] })
      return true
    }
    const deleted = this.#deletedRows()
    const drops: Drops = (segment, block) => {
      const hides = deleted(segment, block)
      const goes = rowsOutside(staying, segment, block)
      return (row) => goes(row) || hides?.(row) === true
    }
    this.#start('rules', [entry], drops, ageMs)
    return true
  }

  /** One line for everything that leaves the disk for good. */
  #audit(why: Why, segments: readonly ManifestEntry[], spans: number, bytes: number): void {
    const { host } = this.#parts
    host.metrics.add('spoor_store_deleted_spans_total', { reason: why }, spans)
    host.metrics.add('spoor_store_deleted_bytes_total', { reason: why }, bytes)
    const arrivals = (ms: number): string => new Date(ms).toISOString()
    host.log.info('audit: spans were deleted', {
      reason: why,
      spans,
      bytes,
      segments: segments.map(({ id }) => id),
      firstArrival: arrivals(Math.min(...segments.map(({ minArrivalMs }) => minArrivalMs))),
      lastArrival: arrivals(Math.max(...segments.map(({ maxArrivalMs }) => maxArrivalMs))),
    })
  }

  #setAside(entry: ManifestEntry, error: Error): void {
    const { host, unreadable } = this.#parts
    if (unreadable.has(entry.id)) return
    unreadable.add(entry.id)
    host.metrics.add('spoor_store_damaged_segments_total', {})
    host.log.error('a segment is damaged; it stays as it is, and nothing is taken out of it', {
      segment: entry.file,
      spans: entry.spans,
      error: error.message,
      code: error instanceof SpoorError ? error.code : undefined,
    })
  }
}

function someGo(segment: Segment, staying: TraceSet): boolean {
  const { count, rows } = segment.blocks
  for (let block = 0; block < count; block++) {
    const goes = rowsOutside(staying, segment, block)
    for (let row = 0; row < (rows[block] as number); row++) if (goes(row)) return true
  }
  return false
}

function spansOf(segments: readonly ManifestEntry[]): number {
  return segments.reduce((sum, { spans }) => sum + spans, 0)
}
