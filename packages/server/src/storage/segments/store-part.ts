// The store thread's part: seals heads into segments, one at a time, and keeps the manifest. Never answers anybody else.

import type { MessagePort } from 'node:worker_threads'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { toError } from '@spoor/core/base/errors'
import type { Disk } from '../../pipeline/spool/disk.ts'
import type { StorageHost } from '../api/plugin.ts'
import type { Lifecycle } from '../api/store.ts'
import { Head } from './head.ts'
import {
  EMPTY_MANIFEST,
  type Manifest,
  type ManifestEntry,
  segmentFileName,
  writeManifest,
  writeWhole,
} from './manifest.ts'
import type { FromStore, ToStore } from './messages.ts'
import { Sealer } from './seal.ts'

const RETRY_MS = 1000

type SealOrder = Extract<ToStore, { readonly type: 'seal' }>

export class StorePart implements Lifecycle {
  readonly #host: StorageHost
  readonly #disk: Disk
  #port: MessagePort | undefined
  #folder = ''
  #manifest: Manifest = EMPTY_MANIFEST
  #work: Promise<void> = Promise.resolve()
  /** Keeps its working memory from one head to the next. */
  readonly #sealer = new Sealer()
  #stopping = false

  constructor(host: StorageHost, disk: Disk) {
    this.#host = host
    this.#disk = disk
  }

  async start(): Promise<void> {
    if (this.#port !== undefined) return
    this.#port = this.#host.port('ingest')
    this.#port.on('message', (message: ToStore) => this.#take(message))
    await Promise.resolve()
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    await this.#work
    this.#send({ type: 'gone' })
  }

  #send(message: FromStore): void {
    this.#port?.postMessage(message)
  }

  #take(message: ToStore): void {
    if (message.type === 'open') {
      this.#folder = message.folder
      this.#manifest = message.manifest
      return
    }
    this.#work = this.#work.then(async () => await this.#seal(message))
  }

  /** Tries until it works or the store stops: what is not sealed stays in the spool. */
  async #seal(order: SealOrder): Promise<void> {
    const { head } = order
    while (!this.#stopping) {
      try {
        const began = performance.now()
        const segment = order.rows === 0 ? undefined : await this.#sealOnce(order)
        this.#host.metrics.observe('spoor_store_seal_seconds', {}, (performance.now() - began) / 1000)
        this.#send({ type: 'sealed', head: head.id, segment })
        return
      } catch (thrown) {
        const { message } = toError(thrown)
        this.#host.metrics.add('spoor_store_seal_failures_total', {})
        this.#host.log.error('sealing a head failed; it stays in the spool and is tried again', {
          head: head.id,
          error: message,
        })
        this.#send({ type: 'sealFailed', head: head.id, message })
        await delay(RETRY_MS)
      }
    }
  }

  async #sealOnce(order: SealOrder): Promise<ManifestEntry> {
    const { rows, minArrivalMs, maxArrivalMs } = order
    const id = this.#manifest.nextSegment
    const head = new Head(order.head)
    const sealed = this.#sealer.seal({ segment: id, head, rows, minArrivalMs, maxArrivalMs })
    const file = segmentFileName(id)
    await writeWhole(this.#disk, join(this.#folder, 'segments'), file, [sealed.bytes])
    const bytes = sealed.bytes.length
    const entry: ManifestEntry = { ...sealed.meta, file, bytes }
    const manifest: Manifest = {
      ...this.#manifest,
      nextSegment: id + 1,
      nextHead: Math.max(this.#manifest.nextHead, order.head.id + 1),
      segments: [...this.#manifest.segments, entry],
    }
    await writeManifest(this.#disk, this.#folder, manifest)
    this.#manifest = manifest
    this.#host.metrics.add('spoor_store_sealed_spans_total', {}, rows)
    this.#host.metrics.add('spoor_store_sealed_bytes_total', {}, bytes)
    return entry
  }
}
