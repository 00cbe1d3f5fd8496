// From a ring of packets to the store, on the thread of the receivers: takes what is there, decodes many packets into one
// batch, waits for the store, and sleeps while there is nothing. While the store has no room the batch waits and the ring
// fills; what does not fit there is dropped and counted by the thread that fills it. Never decodes for long without letting
// the thread's other work through.

import { setImmediate as breathe } from 'node:timers/promises'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { IngestSource } from '../../pipeline/ingest.ts'
import type { Doorbell } from '../../threads/doorbell.ts'
import type { RingReader } from '../../threads/packet-ring.ts'
import { createColumnMemoryPool } from '../../wire/otlp/column-memory.ts'
import { OtlpBatchBuilder } from '../../wire/otlp/batch-builder.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import type { ReceiverHost } from './receiver.ts'

/** Writes a packet's spans into the builder; throws SpoorError and leaves the builder as it was where they are bad. */
export type DecodePacket = (packet: Uint8Array) => void

export interface DrainOptions {
  readonly ring: RingReader
  readonly bell: Doorbell
  readonly maxPacketBytes: number
  readonly source: IngestSource
  readonly decoder: (builder: OtlpBatchBuilder) => DecodePacket
  /** After each batch. */
  readonly onBatch: () => void
  /** After each packet that could not be decoded. */
  readonly onBad: () => void
}

/** A batch takes no further packet once it has this much. */
const BATCH_SPANS = 2048
const BATCH_BYTES = 1024 * 1024
/** Packets in one go, for those that bring no spans. */
const BATCH_PACKETS = 2048
/**
 * From one look into the ring to the next, unless there was more than a batch: under load packets make batches worth the
 * store's while, and after a pause a packet is taken at once.
 */
const LOOK_EVERY_MS = 20

export interface PacketDrain {
  start(): void
  /** Drains what the ring holds, as far as `graceMs` allow; the number of packets given up. The ring must get no more. */
  stop(graceMs: number): Promise<number>
}

export function createPacketDrain(options: DrainOptions, host: ReceiverHost): PacketDrain {
  const drain = new Drain(options, host)
  let running: Promise<void> | undefined
  return {
    start(): void {
      running ??= drain.run()
    },
    async stop(graceMs): Promise<number> {
      drain.end()
      const grace = setTimeout(() => drain.giveUp(), graceMs)
      await running
      clearTimeout(grace)
      return drain.givenUp
    },
  }
}

class Drain {
  readonly #options: DrainOptions
  readonly #host: ReceiverHost
  readonly #builder = new OtlpBatchBuilder()
  readonly #decode: DecodePacket
  readonly #packet: Uint8Array
  readonly #memories = createColumnMemoryPool(1)
  readonly #patience = new AbortController()
  #ending = false
  #endRest: (() => void) | undefined
  givenUp = 0

  constructor(options: DrainOptions, host: ReceiverHost) {
    this.#options = options
    this.#host = host
    this.#decode = options.decoder(this.#builder)
    this.#packet = new Uint8Array(options.maxPacketBytes)
  }

  async run(): Promise<void> {
    const { bell } = this.#options
    for (;;) {
      const { rings } = bell
      const next = performance.now() + LOOK_EVERY_MS
      const taken = this.#take()
      if (taken > 0) {
        await this.#store()
        const full = this.#full || taken === BATCH_PACKETS
        this.#builder.clear()
        if (full) await breathe()
        else await this.#rest(next)
      } else if (this.#ending) return
      else await bell.wait(rings)
      if (this.#patience.signal.aborted) this.#discard()
    }
  }

  /** What is in the ring is still taken. */
  end(): void {
    this.#ending = true
    this.#endRest?.()
    this.#options.bell.ring()
  }

  giveUp(): void {
    this.#patience.abort()
  }

  /** Packets taken. */
  #take(): number {
    const { ring, source } = this.#options
    const { metrics } = this.#host
    let taken = 0
    let good = 0
    let bytes = 0
    while (taken < BATCH_PACKETS && !this.#full) {
      const length = ring.take(this.#packet)
      if (length < 0) break
      taken++
      bytes += length
      try {
        this.#decode(this.#packet.subarray(0, length))
        good++
      } catch (thrown) {
        this.#refused(thrown)
      }
    }
    if (good > 0) metrics.add('spoor_requests_total', { receiver: source.receiver, code: 'ok' }, good)
    if (bytes > 0) metrics.add('spoor_request_bytes_total', { receiver: source.receiver }, bytes)
    return taken
  }

  get #full(): boolean {
    return this.#builder.spanCount >= BATCH_SPANS || this.#builder.size >= BATCH_BYTES
  }

  #refused(thrown: unknown): void {
    const { receiver } = this.#options.source
    const ours = !(thrown instanceof SpoorError) || thrown.kind === 'internal'
    const code = thrown instanceof SpoorError ? thrown.code : 'internal'
    this.#host.metrics.add('spoor_requests_total', { receiver, code })
    this.#options.onBad()
    if (ours) this.#host.log.error('a packet could not be decoded', { receiver, error: toError(thrown).stack })
  }

  async #store(): Promise<void> {
    const { source, onBatch } = this.#options
    if (this.#builder.spanCount > 0) {
      const memory = this.#memories.take()
      try {
        const batch = scanOtlp(this.#builder.view(), { tenant: '', memory })
        await this.#host.ingest.accept(batch, source, this.#patience.signal)
      } catch (thrown) {
        // The pipeline has counted the spans by reason; there is nobody to tell.
        const error = toError(thrown)
        const ours = !(error instanceof SpoorError) || error.kind === 'internal'
        const { receiver } = source
        if (ours) this.#host.log.error('a batch could not be stored', { receiver, error: error.stack })
        else this.#host.log.warn('a batch was not stored', { receiver, error: error.message })
      } finally {
        this.#memories.give(memory)
      }
    }
    onBatch()
  }

  async #rest(until: number): Promise<void> {
    const ms = until - performance.now()
    if (ms <= 0 || this.#ending) {
      await breathe()
      return
    }
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#endRest = undefined
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#endRest = end
    })
  }

  #discard(): void {
    while (this.#options.ring.take(this.#packet) >= 0) this.givenUp++
  }
}
