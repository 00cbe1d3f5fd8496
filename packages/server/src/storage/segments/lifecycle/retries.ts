// Stores a request once, also when it comes again: what was acknowledged is acknowledged again, what is under way is waited for.

import { type RequestKey, requestCrc, requestKey, RequestRing } from './request-ring.ts'
import type { SpanBatch } from '../../../wire/otlp/span-batch.ts'

export class Retries {
  readonly #ring = new RequestRing()
  /** Who waits for the end of a request that is being stored. */
  readonly #underWay = new Map<string, (() => void)[]>()

  /** True where the request was stored before. Otherwise the caller stores it and then calls end(). */
  async isStored(batch: SpanBatch, key: RequestKey): Promise<boolean> {
    const name = nameOf(key)
    for (;;) {
      if (this.#isKnown(batch, key)) return true
      const waiting = this.#underWay.get(name)
      if (waiting === undefined) {
        this.#underWay.set(name, [])
        return false
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  #isKnown(batch: SpanBatch, key: RequestKey): boolean {
    const found = this.#ring.find(key)
    return found.length > 0 && found.includes(requestCrc(batch))
  }

  /** `crc`: that of its record; undefined where it was not stored. */
  end(key: RequestKey, crc: number | undefined): void {
    if (crc !== undefined) this.#ring.add(key, crc)
    const waiting = this.#underWay.get(nameOf(key))
    this.#underWay.delete(nameOf(key))
    for (const wake of waiting ?? []) wake()
  }

  /** A request that was found in the spool. */
  remember(batch: SpanBatch, crc: number): void {
    this.#ring.add(requestKey(batch), crc)
  }
}

function nameOf({ ids, length }: RequestKey): string {
  return `${ids}/${length}`
}
