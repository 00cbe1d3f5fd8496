// The ingest thread's part: owns the folder, appends batches to the head and the spool, hands full heads to the store
// thread, tells the query thread what to read. A batch is acknowledged when its record is written, and published then.

import type { MessagePort } from 'node:worker_threads'
import { join } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Disk } from '../../pipeline/spool/disk.ts'
import { listChains } from '../../pipeline/spool/replay.ts'
import type { SpanBatch } from '../../wire/otlp/span-batch.ts'
import type { DeleteTarget } from '../api/admin.ts'
import type { StorageHost } from '../api/plugin.ts'
import type { SpanWriter, WriteResult } from '../api/store.ts'
import type { SegmentsConfig } from './config-types.ts'
import { allocateHead, Head, type HeadBuffers, type HeadCapacity } from './head.ts'
import { type Appended, HeadWriter } from './head-writer.ts'
import { createSlot, headMarks, type Place, showSlots, type Slot } from './head-slots.ts'
import { DiskReserve } from './lifecycle/disk-reserve.ts'
import { requestKey } from './lifecycle/request-ring.ts'
import { Retries } from './lifecycle/retries.ts'
import { type HeadCut, tombstoneTarget } from './lifecycle/tombstones.ts'
import { EMPTY_MANIFEST, edited, type Manifest } from './manifest.ts'
import type { Answer, FromQuery, FromStore, Sealed, ToQuery, ToStore } from './messages.ts'
import { openFolder } from './opening.ts'
import { ownFolder, type Ownership } from './owner.ts'
import type { OwnerOrder } from './owner-line.ts'
import { OwnerOrders } from './owner-orders.ts'
import { batchTooLarge, headsTaken, nearlyFull, stopped } from './refusals.ts'
import { namedRecords, replayedCuts, replayHead, unnamedHead } from './replay.ts'
import { WaitingRoom } from './waiting-room.ts'

/** The active head and one that is being sealed. */
const MAX_HEADS = 2
/** At a stop, fewer rows than these stay in the spool: replaying them is quick, and a tiny segment is a burden. */
const SEAL_AT_STOP_ROWS = 4096
/** How often the age of a head is looked at, as a part of the age at which it is sealed, and at most. */
const AGE_LOOKS = 8
const MAX_AGE_LOOK_MS = 10_000

export class SegmentsWriter implements SpanWriter {
  readonly #config: SegmentsConfig
  readonly #host: StorageHost
  readonly #disk: Disk
  readonly #own: typeof ownFolder
  readonly #slots = new Map<number, Slot>()
  readonly #spool: string
  #active: Slot | undefined
  #spare: HeadBuffers | undefined
  #manifest: Manifest = EMPTY_MANIFEST
  /** Listed segments that nobody can read. */
  #unreadable: readonly number[] = []
  #nextHead = 1
  #owner: Ownership | undefined
  #query: MessagePort | undefined
  #store: MessagePort | undefined
  #queryHere = false
  #storeGone = false
  #failure: SpoorError | undefined
  #ready = false
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #changed: (() => void)[] = []
  readonly #freeing = new Set<Slot>()
  readonly #room = new WaitingRoom()
  readonly #retries = new Retries()
  readonly #reserve: DiskReserve
  readonly #orders = new OwnerOrders((message) => this.#fromQuery(message))
  #ageTimer: NodeJS.Timeout | undefined

  /** `own`: how the folder is taken for this process. */
  constructor(config: SegmentsConfig, host: StorageHost, disk: Disk, own: typeof ownFolder = ownFolder) {
    this.#config = config
    this.#host = host
    this.#disk = disk
    this.#own = own
    this.#spool = join(config.dir, 'spool')
    this.#reserve = new DiskReserve(disk, config.dir, config.reserveBytes, host)
  }

  async start(): Promise<void> {
    this.#starting ??= this.#open()
    await this.#starting
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#close()
    await this.#stopping
  }

  async write(batch: SpanBatch): Promise<WriteResult> {
    if (!this.#ready) throw stopped()
    const key = requestKey(batch)
    for (let other = this.#retries.underWay(key); other !== undefined; other = this.#retries.underWay(key)) await other
    if (!this.#retries.begin(batch, key)) {
      const stored = batch.spanCount - batch.refused.length
      this.#host.metrics.add('spoor_store_duplicate_spans_total', { found: 'request' }, stored)
      return { stored, refused: [] }
    }
    let crc: number | undefined
    try {
      const appended = await this.#put(batch)
      crc = appended.crc
      return { stored: appended.stored, refused: [] }
    } finally {
      this.#retries.end(key, crc)
    }
  }

  /** Appends, and waits a moment where there is no room. */
  async #put(batch: SpanBatch): Promise<Appended> {
    const deadline = this.#room.deadline()
    for (;;) {
      if (!this.#ready) throw stopped()
      if (this.#reserve.short) throw nearlyFull()
      const place = this.#append(batch)
      // In the same turn: nothing may come between appending and queueing.
      if (place !== undefined) return await this.#written(place)
      if (await this.#room.wait(batch.bytes.length, deadline)) continue
      throw headsTaken()
    }
  }

  async #written({ slot, appended }: Place): Promise<Appended> {
    return await new Promise((resolve, reject) => {
      slot.pending++
      slot.chain.append(appended.record, appended.number, (error) => {
        slot.pending--
        if (error === undefined) {
          slot.writer.publish(appended.end)
          resolve(appended)
        } else {
          slot.writer.rollback()
          reject(error)
        }
        if (slot.closing && slot.pending === 0) this.#seal(slot)
        if (slot.pending === 0) this.#notify()
      })
    })
  }

  /** undefined where both heads are taken. */
  #append(batch: SpanBatch): Place | undefined {
    const now = Date.now()
    for (;;) {
      const slot = (this.#active ??= this.#newHead())
      if (slot === undefined) return undefined
      const appended = slot.writer.append(batch, now)
      if (appended !== undefined) return { slot, appended }
      if (slot.writer.empty) {
        const { headSpans, headBytes } = this.#config
        throw batchTooLarge(headSpans, headBytes)
      }
      this.#rotate(slot)
    }
  }

  get #capacity(): HeadCapacity {
    return { spans: this.#config.headSpans, bytes: this.#config.headBytes }
  }

  /** undefined where both heads are taken. */
  #newHead(): Slot | undefined {
    if (this.#slots.size >= MAX_HEADS) return undefined
    const id = this.#nextHead++
    const buffers = this.#spare === undefined ? allocateHead(id, this.#capacity) : { ...this.#spare, id }
    this.#spare = undefined
    return this.#addSlot(buffers, new HeadWriter(new Head(buffers)), [], [])
  }

  #addSlot(buffers: HeadBuffers, writer: HeadWriter, files: readonly string[], cuts: readonly HeadCut[]): Slot {
    const parts = { config: this.#config, host: this.#host, disk: this.#disk, spool: this.#spool }
    const slot = createSlot(parts, { buffers, writer, files, cuts })
    this.#slots.set(buffers.id, slot)
    this.#tellQuery({ type: 'head', head: buffers, cuts })
    return slot
  }

  #rotate(slot: Slot): void {
    if (slot === this.#active) this.#active = undefined
    slot.closing = true
    if (slot.pending === 0) this.#seal(slot)
  }

  #seal(slot: Slot): void {
    const { writer, buffers, cuts } = slot
    const { minArrivalMs, maxArrivalMs } = writer
    this.#tellStore({ type: 'seal', head: buffers, rows: writer.head.rows, minArrivalMs, maxArrivalMs, cuts })
  }

  /** A quiet store must not keep spans in the spool for days. */
  #sealOld(): void {
    const slot = this.#active
    if (slot === undefined || !this.#ready || slot.writer.rows === 0) return
    if (Date.now() - slot.writer.minArrivalMs >= this.#config.headAgeMs) this.#rotate(slot)
  }

  #tellQuery(message: ToQuery): void {
    if (this.#queryHere) this.#query?.postMessage(message)
  }

  #tellStore(message: ToStore): void {
    this.#store?.postMessage(message)
  }

  #fromStore(message: FromStore): void {
    if (message.type === 'gone') this.#storeGone = true
    else if (message.type === 'sealed') this.#sealed(message)
    else if (message.type === 'changed') this.#changeSegments(message)
    else if (message.type === 'answer') this.#answer(message)
    else if (message.type === 'rollups') {
      this.#manifest = edited(this.#manifest, { addRollups: message.add, removeRollups: message.remove })
      this.#tellQuery(message)
    } else if (this.#stopping !== undefined) this.#storeGone = true
    this.#notify()
  }

  /** The segment is safe and listed: query swaps it for the head; then the head's files go. */
  #sealed({ head: id, segment, rollup }: Sealed): void {
    this.#manifest = edited(this.#manifest, { add: [segment ?? []].flat(), addRollups: [rollup ?? []].flat() })
    const slot = this.#slots.get(id)
    if (slot !== undefined) slot.sealed = true
    this.#tellQuery({ type: 'sealed', head: id, segment, rollup })
    if (!this.#queryHere) this.#release(id)
  }

  #changeSegments(message: Extract<FromStore, { readonly type: 'changed' }>): void {
    const { change, cuts } = message
    this.#manifest = edited(this.#manifest, change)
    for (const [head, cut] of cuts) {
      const slot = this.#slots.get(head)
      // One that was closed before it knew of this is told by the store thread, which seals it.
      if (slot !== undefined) slot.cuts = [...slot.cuts, cut]
    }
    this.#tellQuery(message)
    if (!this.#queryHere) this.#tellStore({ type: 'let go', segments: change.remove })
  }

  #delete(order: number, tenant: string, target: DeleteTarget): void {
    try {
      const heads = headMarks(this.#slots.values())
      this.#tellStore({ type: 'delete', order, tenant, target: tombstoneTarget(target), heads })
    } catch (thrown) {
      const { code, message } = thrown as SpoorError
      this.#answer({ order, error: { kind: 'invalid', code, message } })
    }
  }

  /** An order that came over the owner's socket. */
  async #obeyCaller(order: OwnerOrder): Promise<void> {
    await this.#starting
    await this.#orders.take(order)
  }

  #answer(answer: Answer): void {
    if (!this.#orders.answered(answer)) this.#tellQuery({ ...answer, type: 'answer' })
  }

  #fromQuery(message: FromQuery): void {
    if (message.type === 'released') this.#release(message.head)
    else if (message.type === 'hello') this.#greet()
    else if (message.type === 'let go' || message.type === 'maintain') this.#tellStore(message)
    else if (message.type === 'delete') this.#delete(message.order, message.tenant, message.target)
    else {
      this.#queryHere = false
      for (const [id, slot] of this.#slots) if (slot.sealed) this.#release(id)
    }
  }

  #greet(): void {
    if (this.#failure !== undefined) {
      const { kind: failed, code, message } = this.#failure
      const kind = failed === 'internal' ? failed : 'unavailable'
      this.#query?.postMessage({ type: 'failed', kind, code, message } satisfies ToQuery)
      return
    }
    if (this.#owner === undefined) return
    this.#queryHere = true
    const { segments, tombstones, rollups } = this.#manifest
    const readable = segments.filter(({ id }) => !this.#unreadable.includes(id))
    this.#tellQuery({ type: 'open', folder: this.#config.dir, segments: readable, tombstones, rollups })
    for (const { sealed, buffers, cuts } of this.#slots.values())
      if (!sealed) this.#tellQuery({ type: 'head', head: buffers, cuts })
  }

  #release(id: number): void {
    const slot = this.#slots.get(id)
    if (slot === undefined || this.#freeing.has(slot)) return
    this.#freeing.add(slot)
    void this.#free(slot)
  }

  /** The memory is used again only after the files are gone: their names carry the head's number. */
  async #free(slot: Slot): Promise<void> {
    try {
      await slot.chain.remove()
    } catch (thrown) {
      this.#host.log.warn('spool files of a sealed head could not be removed; the next start removes them', {
        error: toError(thrown).message,
      })
    }
    this.#slots.delete(slot.buffers.id)
    this.#freeing.delete(slot)
    const { spans, bytes } = slot.buffers.capacity
    if (spans === this.#config.headSpans && bytes === this.#config.headBytes) this.#spare = slot.buffers
    this.#notify()
  }

  #notify(): void {
    const waiting = this.#changed
    this.#changed = []
    for (const wake of waiting) wake()
    this.#room.wakeAll()
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#changed.push(resolve))
  }

  async #open(): Promise<void> {
    this.#query = this.#host.port('query')
    this.#store = this.#host.port('store')
    try {
      const { owner, manifest, unreadable } = await openFolder(
        this.#disk,
        this.#config.dir,
        this.#host,
        (order) => this.#obeyCaller(order),
        this.#own,
      )
      this.#owner = owner
      this.#manifest = manifest
      this.#unreadable = unreadable
      this.#nextHead = unnamedHead(manifest)
      this.#tellStore({ type: 'open', folder: this.#config.dir, manifest, unreadable })
      this.#store.on('message', (message: FromStore) => this.#fromStore(message))
      await this.#replay()
      await this.#reserve.look()
      this.#ready = true
      const { headAgeMs } = this.#config
      this.#ageTimer = setInterval(() => this.#sealOld(), Math.min(MAX_AGE_LOOK_MS, headAgeMs / AGE_LOOKS)).unref()
    } catch (thrown) {
      const error = toError(thrown)
      this.#failure =
        error instanceof SpoorError
          ? error
          : new SpoorError('internal', 'store_failed', error.message, { cause: error })
      await this.#owner?.release()
      throw this.#failure
    } finally {
      // Only now: whoever says hello gets the whole state at once.
      this.#query.on('message', (message: FromQuery) => this.#fromQuery(message))
    }
    this.#host.metrics.onCollect(() => showSlots([...this.#slots.values()], this.#manifest, this.#host.metrics))
  }

  /** Heads that were not sealed; all but the newest are sealed now. Chains below nextHead are in segments already. */
  async #replay(): Promise<void> {
    const chains = await listChains(this.#disk, this.#spool)
    for (const files of chains) {
      if (files.chain >= this.#manifest.nextHead) continue
      for (const name of files.names) await this.#disk.remove(join(this.#spool, name))
    }
    for (const files of chains) {
      if (files.chain < this.#manifest.nextHead) continue
      const replayed = await replayHead(this.#disk, this.#spool, files, this.#capacity, this.#host, (batch, crc) =>
        this.#retries.remember(batch, crc),
      )
      const { buffers, writer, names } = replayed
      this.#nextHead = Math.max(this.#nextHead, files.chain + 1)
      writer.skipTo(namedRecords(this.#manifest.tombstones, files.chain))
      if (this.#active !== undefined) this.#rotate(this.#active)
      const cuts = replayedCuts(this.#manifest.tombstones, files.chain, replayed)
      const slot = this.#addSlot(buffers, writer, names, cuts)
      this.#active = slot
      const { spans, bytes } = buffers.capacity
      if (spans !== this.#config.headSpans || bytes !== this.#config.headBytes) this.#rotate(slot)
    }
  }

  async #close(): Promise<void> {
    await this.#starting?.catch((thrown: unknown) =>
      this.#host.log.debug('stopped after a failed start', { error: toError(thrown).message }),
    )
    clearInterval(this.#ageTimer)
    this.#orders.close()
    if (this.#failure !== undefined || this.#owner === undefined) return
    this.#ready = false
    await this.#until(() => [...this.#slots.values()].every((slot) => slot.pending === 0))
    const active = this.#active
    if (active !== undefined && !this.#storeGone && active.writer.rows >= SEAL_AT_STOP_ROWS) this.#rotate(active)
    await this.#until(() => this.#storeGone || [...this.#slots.values()].every((slot) => !slot.closing))
    await this.#until(() => this.#freeing.size === 0)
    for (const slot of this.#slots.values()) await slot.chain.close()
    await this.#owner.release()
  }
}
