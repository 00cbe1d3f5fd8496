// Orders that came over the owner's socket, on the ingest thread: passed on to the store thread under numbers below zero, so
// that they are told apart from those of the query thread, and answered when that one is done.

import { SpoorError } from '@spoor/core/base/errors'
import type { Answer, FromQuery } from './messages.ts'
import type { OwnerOrder } from './owner-line.ts'

interface Waiting {
  resolve(): void
  reject(error: SpoorError): void
}

export class OwnerOrders {
  readonly #pass: (message: FromQuery) => void
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #closed = false

  /** `pass` hands an order on, in the words of the query thread; its answer comes to answered(). */
  constructor(pass: (message: FromQuery) => void) {
    this.#pass = pass
  }

  async take(order: OwnerOrder): Promise<void> {
    if (this.#closed) throw stopped()
    const number = --this.#last
    await new Promise<void>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      if (order.ask === 'maintain') this.#pass({ type: 'maintain', order: number })
      else this.#pass({ type: 'delete', order: number, tenant: order.tenant, target: order.target })
    })
  }

  /** False where the order is not of here. */
  answered({ order, error }: Answer): boolean {
    if (order >= 0) return false
    const waiting = this.#waiting.get(order)
    this.#waiting.delete(order)
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(new SpoorError(error.kind, error.code, error.message))
    return true
  }

  /** No answer will come any more. */
  close(): void {
    this.#closed = true
    for (const { reject } of this.#waiting.values()) reject(stopped())
    this.#waiting.clear()
  }
}

function stopped(): SpoorError {
  return new SpoorError('unavailable', 'store_stopped', 'the store stopped before it was done')
}
