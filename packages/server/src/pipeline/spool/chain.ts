// The spool's writer: one chain of files that holds the records of one buffer. Group commit: one write in flight, the rest
// queues behind it. A record counts as written when its write completed; it is synced in groups. A file whose sync failed is
// never synced again (the kernel may have dropped its pages): the unsynced part is written anew, from memory, to a next file.

import { join } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Logger } from '../../telemetry/log.ts'
import type { Disk, DiskFile } from './disk.ts'
import { encodeFileHeader } from './format.ts'

export type SyncMode = 'always' | 'interval' | 'never'

const SYNC_INTERVAL_MS = 250
const RETRY_MS = 1000

export interface ChainOptions {
  readonly disk: Disk
  readonly folder: string
  readonly chain: number
  readonly capacitySpans: number
  readonly capacityBytes: number
  readonly sync: SyncMode
  readonly log: Logger
  /** Names of files that the chain already has; new ones are numbered after them. */
  readonly files: readonly string[]
  /** A write or sync failed (counter), or the chain went in or out of the degraded state (gauge). */
  onFailure(what: 'write' | 'sync', degraded: boolean): void
}

/** Called once: without an error when the bytes are written (with sync `always`: synced), with one when nothing of them is kept. */
export type Done = (error?: SpoorError) => void

interface Entry {
  readonly bytes: Uint8Array
  readonly firstRecord: number
  readonly done: Done
}

/** Entries that were written together. Who waited for them is not held any longer: a quarter of a second of requests is much. */
interface Written {
  /** Adjacent ones joined. */
  readonly chunks: readonly Uint8Array[]
  readonly firstRecord: number
}

export interface Chain {
  /**
   * Appends framed records that start with number `firstRecord`. `bytes` must stay untouched until the chain is removed.
   * After an error, every entry queued behind it is refused too, before any new one is accepted.
   */
  append(bytes: Uint8Array, firstRecord: number, done: Done): void
  /** True while a failed sync could not be made good: appends are refused. */
  readonly degraded: boolean
  /** Resolves when everything appended is settled and synced, as far as the disk allows. */
  drain(): Promise<void>
  close(): Promise<void>
  /** Closes and deletes the files. */
  remove(): Promise<void>
}

export function chainFileName(chain: number, index: number): string {
  return `${chain.toString(16).padStart(12, '0')}-${index.toString().padStart(4, '0')}.spool`
}

export function createChain(options: ChainOptions): Chain {
  return new FileChain(options)
}

class FileChain implements Chain {
  readonly #options: ChainOptions
  readonly #names: string[]
  #queue: Entry[] = []
  /** Written to the current file and not yet synced. */
  #unsynced: Written[] = []
  #file: DiskFile | undefined
  #position = 0
  #folderSynced = false
  #broken = false
  #retryAt = 0
  #pumping: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ChainOptions) {
    this.#options = options
    this.#names = [...options.files]
  }

  get degraded(): boolean {
    return this.#broken
  }

  append(bytes: Uint8Array, firstRecord: number, done: Done): void {
    this.#queue.push({ bytes, firstRecord, done })
    this.#kick()
  }

  async drain(): Promise<void> {
    while (this.#queue.length > 0 || this.#pumping !== undefined) {
      this.#kick()
      await this.#pumping
    }
    if (this.#options.sync === 'never') return
    if (this.#unsynced.length > 0 && !this.#broken) await this.#sync()
    if (this.#broken) await this.#recover()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.drain()
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#syncing
    await this.#file?.close()
    this.#file = undefined
  }

  async remove(): Promise<void> {
    if (!this.#closed) {
      while (this.#pumping !== undefined) await this.#pumping
      this.#closed = true
      clearTimeout(this.#timer)
      await this.#syncing
      await this.#file?.close()
      this.#file = undefined
    }
    for (const name of this.#names) await this.#options.disk.remove(join(this.#options.folder, name))
    await this.#options.disk.syncFolder(this.#options.folder)
  }

  #kick(): void {
    if (this.#pumping !== undefined || this.#closed) return
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = undefined
      if (this.#queue.length > 0) this.#kick()
    })
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0 || this.#broken) {
      // What other connections have sent meanwhile goes into the same write: handing one to another thread costs more than
      // taking in a small request.
      await endOfTurn()
      if (this.#broken && !(await this.#recover())) {
        this.#refuse(
          [],
          new SpoorError('unavailable', 'spool_degraded', 'the disk did not keep what was written', {
            retryAfterMs: RETRY_MS,
          }),
        )
        this.#retryLater()
        return
      }
      if (this.#queue.length > 0) await this.#writeQueue()
    }
  }

  async #writeQueue(): Promise<void> {
    const entries = this.#queue
    this.#queue = []
    const written = {
      chunks: joinAdjacent(entries.map(({ bytes }) => bytes)),
      firstRecord: entries[0]?.firstRecord ?? 0,
    }
    try {
      const file = this.#file ?? (await this.#open())
      const chunks = this.#position === 0 ? [this.#header(written), ...written.chunks] : written.chunks
      await file.write(chunks, this.#position)
      for (const chunk of chunks) this.#position += chunk.length
    } catch (thrown) {
      await this.#writeFailed(entries, toError(thrown))
      return
    }
    this.#unsynced.push(written)
    if (this.#options.sync === 'always' && !(await this.#syncNow(written, entries))) return
    for (const entry of entries) entry.done()
    if (this.#options.sync === 'interval') this.#scheduleSync()
    if (this.#options.sync === 'never') this.#unsynced = []
  }

  #header({ firstRecord }: Written): Uint8Array {
    const { chain, capacitySpans, capacityBytes } = this.#options
    return encodeFileHeader({
      chain,
      index: this.#names.length - 1,
      firstRecord,
      capacitySpans,
      capacityBytes,
    })
  }

  async #open(): Promise<DiskFile> {
    const { disk, folder, chain } = this.#options
    const name = chainFileName(chain, this.#names.length)
    const file = await disk.create(join(folder, name))
    this.#names.push(name)
    this.#file = file
    this.#position = 0
    this.#folderSynced = false
    return file
  }

  /** Takes back what a failed write may have left, then refuses its entries and all that queued behind them. */
  async #writeFailed(entries: readonly Entry[], error: NodeJS.ErrnoException): Promise<void> {
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT'
    try {
      await this.#file?.truncate(this.#position)
    } catch (thrown) {
      // What stands behind the end is void only in a file that a next one follows.
      this.#broken = true
      this.#options.log.warn('the spool file could not be cut back after a failed write', {
        error: toError(thrown).message,
      })
    }
    this.#options.onFailure('write', this.#broken)
    this.#options.log.error('spans cannot be written to the spool', { error: error.message })
    const refusal = full
      ? new SpoorError('overloaded', 'disk_full', 'the disk is full', { retryAfterMs: RETRY_MS, cause: error })
      : new SpoorError('unavailable', 'disk_error', `the disk failed: ${error.message}`, {
          retryAfterMs: RETRY_MS,
          cause: error,
        })
    this.#refuse(entries, refusal)
  }

  #refuse(entries: readonly Entry[], error: SpoorError): void {
    const queued = this.#queue
    this.#queue = []
    for (const entry of entries) entry.done(error)
    for (const entry of queued) entry.done(error)
  }

  /** For sync `always`. False where the entries were refused. */
  async #syncNow(written: Written, entries: readonly Entry[]): Promise<boolean> {
    await this.#sync()
    if (!this.#broken || (await this.#recover())) return true
    this.#unsynced = this.#unsynced.filter((other) => other !== written)
    this.#refuse(
      entries,
      new SpoorError('unavailable', 'spool_degraded', 'the disk did not keep what was written', {
        retryAfterMs: RETRY_MS,
      }),
    )
    return false
  }

  /** What was acknowledged must become durable although nobody writes any more. */
  #retryLater(): void {
    if (this.#timer !== undefined || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#kick()
    }, RETRY_MS)
    this.#timer.unref()
  }

  #scheduleSync(): void {
    if (this.#timer !== undefined || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#sync().then(() => {
        if (this.#broken) this.#kick()
      })
    }, SYNC_INTERVAL_MS)
    this.#timer.unref()
  }

  async #sync(): Promise<void> {
    this.#syncing ??= this.#syncOnce().finally(() => {
      this.#syncing = undefined
      if (this.#unsynced.length > 0 && !this.#broken && this.#options.sync === 'interval') this.#scheduleSync()
    })
    await this.#syncing
  }

  /** Syncs what is written now; never rejects: a failure leaves the file broken. */
  async #syncOnce(): Promise<void> {
    const file = this.#file
    const count = this.#unsynced.length
    if (file === undefined || count === 0 || this.#broken) return
    try {
      await file.sync()
      if (!this.#folderSynced) await this.#options.disk.syncFolder(this.#options.folder)
      this.#folderSynced = true
      this.#unsynced.splice(0, count)
    } catch (thrown) {
      this.#broken = true
      this.#options.onFailure('sync', true)
      this.#options.log.error('a sync of the spool failed; its unsynced part goes to a new file', {
        error: toError(thrown).message,
      })
    }
  }

  /** Moves the unsynced part to a next file. The file gets its name only when whole, so that it never voids what it lacks. */
  async #recover(): Promise<boolean> {
    if (Date.now() < this.#retryAt) return false
    const { disk, folder, chain } = this.#options
    await this.#syncing
    await this.#file
      ?.close()
      .catch((thrown: unknown) =>
        this.#options.log.warn('closing a broken spool file failed', { error: String(thrown) }),
      )
    this.#file = undefined
    const name = chainFileName(chain, this.#names.length)
    const temporary = join(folder, `${name}.tmp`)
    try {
      const [first] = this.#unsynced
      if (first !== undefined) {
        await disk.remove(temporary)
        const file = await disk.create(temporary)
        this.#names.push(name)
        const chunks = [this.#header(first), ...joinAdjacent(this.#unsynced.flatMap(({ chunks }) => chunks))]
        try {
          await file.write(chunks, 0)
          await file.sync()
          await disk.rename(temporary, join(folder, name))
          await disk.syncFolder(folder)
        } catch (thrown) {
          this.#names.pop()
          await file.close()
          throw thrown
        }
        this.#file = file
        this.#position = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
        this.#folderSynced = true
        this.#unsynced = []
      }
      this.#broken = false
      this.#options.onFailure('sync', false)
      return true
    } catch (thrown) {
      this.#retryAt = Date.now() + RETRY_MS
      this.#options.log.error('the spool cannot be written anew; spans are refused until it can', {
        error: toError(thrown).message,
      })
      return false
    }
  }
}

/** Resolves when everything that the sockets had has been handled. */
async function endOfTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}

/** The same bytes in as few chunks as their place in memory allows. */
function joinAdjacent(parts: readonly Uint8Array[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (const bytes of parts) {
    const last = chunks.at(-1)
    if (last !== undefined && last.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
      chunks[chunks.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length)
    } else chunks.push(bytes)
  }
  return chunks
}
