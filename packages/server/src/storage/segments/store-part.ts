// The store thread's part: seals heads into segments, keeps the manifest, and looks after the segments when nothing else is to
// do. One thing at a time, orders first and in their order. Never answers anybody but the ingest part.

import type { MessagePort } from 'node:worker_threads'
import { join } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Disk } from '../../pipeline/spool/disk.ts'
import type { StorageHost } from '../api/plugin.ts'
import type { Lifecycle } from '../api/store.ts'
import type { SegmentsConfig } from './config-types.ts'
import { Head } from './head.ts'
import { hiddenInHead, describeTarget, probesOf, type HeadCut, type Tombstone } from './lifecycle/tombstones.ts'
import { Upkeep } from './lifecycle/upkeep.ts'
import { type ManifestEdit, type ManifestEntry, ManifestFile, segmentFileName, writeWhole } from './manifest.ts'
import type { Answer, FromStore, Sealed, ToStore } from './messages.ts'
import { type RollupEntry, rollupFileName } from './rollup/file.ts'
import { RollupKeeper } from './rollup/keeper.ts'
import { Sealer } from './seal.ts'

const RETRY_MS = 1000
/** How often age and room on the disk are looked at when nothing else happens. */
const TICK_MS = 10_000
/** After a step of upkeep comes a rest so many times as long, up to a limit. */
const REST_FACTOR = 3
const MAX_REST_MS = 250
/** Deletions that are not carried out yet. */
const MAX_TOMBSTONES = 1000

type Order = Exclude<ToStore, { readonly type: 'open' }>
type SealOrder = Extract<ToStore, { readonly type: 'seal' }>
type DeleteOrder = Extract<ToStore, { readonly type: 'delete' }>

interface Opened {
  readonly folder: string
  readonly manifest: ManifestFile
  readonly upkeep: Upkeep
  readonly rollups: RollupKeeper
}

export class StorePart implements Lifecycle {
  readonly #config: SegmentsConfig
  readonly #host: StorageHost
  readonly #disk: Disk
  #port: MessagePort | undefined
  #opened: Opened | undefined
  readonly #orders: Order[] = []
  /** Keeps its working memory from one head to the next. */
  readonly #sealer = new Sealer()
  /** Out of the manifest, and perhaps still read by a search. */
  readonly #leaving = new Map<number, ManifestEntry>()
  readonly #maintaining = new Set<number>()
  /** What tombstones hide of heads that are not sealed: a head may have been closed before the ingest part knew of one. */
  readonly #cuts = new Map<number, HeadCut[]>()
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined
  #stopping = false

  constructor(config: SegmentsConfig, host: StorageHost, disk: Disk) {
    this.#config = config
    this.#host = host
    this.#disk = disk
  }

  async start(): Promise<void> {
    if (this.#port !== undefined) return
    this.#port = this.#host.port('ingest')
    this.#port.on('message', (message: ToStore) => this.#take(message))
    this.#host.metrics.onCollect(() => this.#collect())
    await Promise.resolve()
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#wake?.()
    await this.#running
    this.#opened?.rollups.close()
    await this.#opened?.manifest.close()
    this.#send({ type: 'gone' })
  }

  #send(message: FromStore): void {
    this.#port?.postMessage(message)
  }

  #take(message: ToStore): void {
    if (message.type !== 'open') {
      this.#orders.push(message)
      this.#wake?.()
      return
    }
    const { folder } = message
    const manifest = new ManifestFile(this.#disk, folder, message.manifest)
    const upkeep = new Upkeep({
      config: this.#config,
      host: this.#host,
      disk: this.#disk,
      manifest,
      sealer: this.#sealer,
      unreadable: new Set(message.unreadable),
      change: async (edit) => await this.#change(edit, []),
      leaving: () => [...this.#leaving.values()],
    })
    const { rollupRetentionMs } = this.#config
    const rollups = new RollupKeeper({
      folder,
      disk: this.#disk,
      host: this.#host,
      manifest,
      retentionMs: rollupRetentionMs > 0 ? rollupRetentionMs : undefined,
      change: async (add, remove) => {
        await manifest.apply({ addRollups: add, removeRollups: remove })
        this.#send({ type: 'rollups', add, remove })
      },
    })
    this.#opened = { folder, manifest, upkeep, rollups }
    this.#running ??= this.#run(this.#opened)
  }

  async #run(opened: Opened): Promise<void> {
    for (;;) {
      const order = this.#orders.shift()
      if (order !== undefined) await this.#obey(order, opened)
      else if (this.#stopping) return await opened.upkeep.abort()
      else await this.#rest(await this.#lookAfter(opened))
    }
  }

  async #rest(ms: number): Promise<void> {
    // Messages are taken between steps even where there is no rest.
    if (this.#orders.length > 0 || this.#stopping) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** A step of upkeep; how long to rest, ms. */
  async #lookAfter({ upkeep, rollups }: Opened): Promise<number> {
    const eager = this.#maintaining.size > 0
    const began = performance.now()
    try {
      if ((await upkeep.step(eager)) || (await rollups.step()))
        return eager ? 0 : Math.min(MAX_REST_MS, REST_FACTOR * (performance.now() - began))
      if (this.#leaving.size === 0) this.#maintained()
    } catch (thrown) {
      const error = toError(thrown)
      this.#host.metrics.add('spoor_store_upkeep_failures_total', {})
      this.#host.log.warn('looking after the segments failed; it is tried again', { error: error.message })
      this.#maintained(error)
    }
    return TICK_MS
  }

  #maintained(error?: Error): void {
    for (const order of this.#maintaining) this.#send({ type: 'answer', order, ...failure(error) })
    this.#maintaining.clear()
  }

  async #obey(order: Order, opened: Opened): Promise<void> {
    if (order.type === 'seal') await this.#seal(order, opened)
    else if (order.type === 'delete') await this.#delete(order, opened)
    else if (order.type === 'maintain') this.#maintaining.add(order.order)
    else await this.#removeFiles(order.segments, opened)
  }

  /** Tries until it works or the store stops: what is not sealed stays in the spool. */
  async #seal(order: SealOrder, opened: Opened): Promise<void> {
    const { head } = order
    for (;;) {
      try {
        const began = performance.now()
        const sealed = order.rows === 0 ? undefined : await this.#sealOnce(order, opened)
        this.#cuts.delete(head.id)
        this.#host.metrics.observe('spoor_store_seal_seconds', {}, (performance.now() - began) / 1000)
        const { segment, rollup } = sealed ?? {}
        this.#send({ type: 'sealed', head: head.id, segment, rollup })
        return
      } catch (thrown) {
        const { message } = toError(thrown)
        this.#host.metrics.add('spoor_store_seal_failures_total', {})
        this.#host.log.error('sealing a head failed; it stays in the spool and is tried again', {
          head: head.id,
          error: message,
        })
        this.#send({ type: 'sealFailed', head: head.id, message })
        if (this.#stopping) return
        this.#turnAway(toError(thrown))
        await this.#pause(RETRY_MS)
      }
    }
  }

  /** People do not wait for a disk that fails: nobody knows how long that is. */
  #turnAway(error: Error): void {
    const orders = this.#orders.splice(0)
    for (const order of orders) {
      if (order.type === 'delete' || order.type === 'maintain')
        this.#send({ type: 'answer', order: order.order, ...failure(error) })
      else this.#orders.push(order)
    }
    this.#maintained(error)
  }

  /** Orders that come meanwhile wait: they are obeyed in their order. */
  async #pause(ms: number): Promise<void> {
    const end = performance.now() + ms
    while (!this.#stopping && performance.now() < end) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - performance.now())
        this.#wake = () => {
          if (!this.#stopping) return
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#wake = undefined
  }

  /** undefined where no row stays. */
  async #sealOnce(order: SealOrder, { folder, manifest, rollups }: Opened): Promise<Omit<Sealed, 'head'> | undefined> {
    const { rows, minArrivalMs, maxArrivalMs } = order
    const head = new Head(order.head)
    await manifest.settle()
    const id = manifest.takeSegmentNumber()
    const cuts = new Map([...order.cuts, ...(this.#cuts.get(head.id) ?? [])].map((cut) => [cut.tombstone.id, cut]))
    const hides = hiddenInHead(head, [...cuts.values(), probesOf(rows)])
    const sealed = this.#sealer.seal({ segment: id, head, rows, minArrivalMs, maxArrivalMs, hides })
    if (sealed === undefined) {
      await manifest.apply({ nextHead: order.head.id + 1 })
      return undefined
    }
    const file = segmentFileName(id)
    const bytes = sealed.bytes.length
    const entry: ManifestEntry = { ...sealed.meta, file, bytes }
    let rollup: RollupEntry
    try {
      await writeWhole(this.#disk, join(folder, 'segments'), file, [sealed.bytes])
      rollup = await rollups.seal(id, head, sealed)
      await manifest.apply({ nextHead: order.head.id + 1, add: [entry], addRollups: [rollup] })
    } catch (thrown) {
      // A full disk needs their room for the next try.
      await manifest.abandon([join(folder, 'segments', file), join(folder, 'rollups', rollupFileName(id))])
      throw thrown
    }
    const { metrics } = this.#host
    metrics.add('spoor_store_sealed_spans_total', {}, entry.spans)
    metrics.add('spoor_store_sealed_bytes_total', {}, bytes)
    if (sealed.duplicates > 0) metrics.add('spoor_store_duplicate_spans_total', { found: 'seal' }, sealed.duplicates)
    return { segment: entry, rollup }
  }

  /** Everybody obeys once the change is on disk. */
  async #delete(order: DeleteOrder, { manifest, upkeep }: Opened): Promise<void> {
    const { tenant, target, heads } = order
    try {
      const { current } = manifest
      if (current.tombstones.length >= MAX_TOMBSTONES)
        throw new SpoorError(
          'unavailable',
          'too_many_deletions',
          'deletions come faster than they can be carried out',
          {
            retryAfterMs: RETRY_MS,
          },
        )
      // Its rows were chosen before.
      await upkeep.abort()
      const open = heads.filter(({ head }) => head >= current.nextHead)
      const tombstone: Tombstone = {
        id: current.nextTombstone,
        tenant,
        target,
        atMs: Date.now(),
        beforeSegment: manifest.takeSegmentNumber(),
        heads: open.map(({ head, record }) => ({ head, record })),
      }
      const cuts = open.map(({ head, rows }) => [head, { tombstone, rows }] as const)
      await this.#change({ addTombstones: [tombstone] }, cuts)
      for (const [head, cut] of cuts) this.#cuts.set(head, [...(this.#cuts.get(head) ?? []), cut])
      this.#host.log.info('audit: a deletion was ordered', { tenant, deletes: describeTarget(target) })
      this.#send({ type: 'answer', order: order.order })
    } catch (thrown) {
      this.#send({ type: 'answer', order: order.order, ...failure(toError(thrown)) })
    }
  }

  async #change(edit: ManifestEdit, cuts: readonly (readonly [number, HeadCut])[]): Promise<void> {
    const manifest = this.#opened?.manifest
    if (manifest === undefined) return
    const { add = [], remove = [], addTombstones = [], removeTombstones = [] } = edit
    const kept = new Set(add.map(({ id }) => id))
    const going = manifest.current.segments.filter(({ id }) => remove.includes(id) && !kept.has(id))
    await manifest.apply(edit)
    for (const entry of going) this.#leaving.set(entry.id, entry)
    this.#send({ type: 'changed', change: { add, remove, addTombstones, removeTombstones }, cuts })
  }

  async #removeFiles(segments: readonly number[], { folder }: Opened): Promise<void> {
    for (const id of segments) {
      const entry = this.#leaving.get(id)
      if (entry === undefined) continue
      try {
        await this.#disk.remove(join(folder, 'segments', entry.file))
      } catch (thrown) {
        this.#host.log.warn('the file of a segment that is gone could not be removed; the next start removes it', {
          file: entry.file,
          error: toError(thrown).message,
        })
      }
      this.#leaving.delete(id)
    }
  }

  #collect(): void {
    const { manifest, upkeep } = this.#opened ?? {}
    if (manifest === undefined || upkeep === undefined) return
    const { metrics } = this.#host
    const { segments, tombstones } = manifest.current
    metrics.set('spoor_store_upkeep_debt', {}, upkeep.debt)
    metrics.set('spoor_store_tombstones', {}, tombstones.length)
    const oldest = segments.reduce((first, { minArrivalMs }) => Math.min(first, minArrivalMs), Date.now())
    metrics.set('spoor_store_oldest_arrival_seconds', {}, oldest / 1000)
  }
}

function failure(error: Error | undefined): Pick<Answer, 'error'> {
  if (error === undefined) return {}
  const known = error instanceof SpoorError && (error.kind === 'unavailable' || error.kind === 'invalid')
  return {
    error: {
      kind: known ? error.kind : 'unavailable',
      code: error instanceof SpoorError ? error.code : 'store_failed',
      message: error.message,
    },
  }
}
