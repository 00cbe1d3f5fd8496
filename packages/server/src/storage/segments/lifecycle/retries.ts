// Stores a request once, also when it comes again: what was acknowledged is acknowledged again, what is under way is waited for.

import { type RequestKey, requestCrc, requestKey, RequestRing } from './request-ring.ts'
import type { SpanBatch } from '../../../wire/otlp/span-batch.ts'

export class Retries {
  readonly #ring = new RequestRing()
  /** Who waits for the end of a request that is being stored, by the CRC of its ids. */
  readonly #underWay = new Map<number, (() => void)[]>()

  /** Resolves when a request that may be the same has ended, and another may have begun; undefined where there is none. */
  underWay({ ids }: RequestKey): Promise<void> | undefined {
    const waiting = this.#underWay.get(ids)
    return waiting === undefined ? undefined : new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** False where the request was stored before. Otherwise the caller stores it and then calls end(). */
  begin(batch: SpanBatch, key: RequestKey): boolean {
    const found = this.#ring.find(key)
    if (found.length > 0 && found.includes(requestCrc(batch))) return false
    this.#underWay.set(key.ids, [])
    return true
  }

  /** `crc`: that of its record; undefined where it was not stored. */
  end(key: RequestKey, crc: number | undefined): void {
    if (crc !== undefined) this.#ring.add(key, crc)
    const waiting = this.#underWay.get(key.ids) ?? []
    this.#underWay.delete(key.ids)
    for (const wake of waiting) wake()
  }

  /** A request that was found in the spool. */
  remember(batch: SpanBatch, crc: number): void {
    this.#ring.add(requestKey(batch), crc)
  }
}
