// The query thread's end of what a person orders: sends it on its way and waits for the answer.

import { SpoorError } from '@spoor/core/base/errors'
import type { DeleteTarget, StoreAdmin } from '../../api/admin.ts'
import type { Answer, FromQuery } from '../messages.ts'

interface Waiting {
  resolve(): void
  reject(error: SpoorError): void
}

export class ReaderAdmin implements StoreAdmin {
  readonly #send: (message: FromQuery) => void
  readonly #waiting = new Map<number, Waiting>()
  #orders = 0

  /** `send` throws where the store does not run. */
  constructor(send: (message: FromQuery) => void) {
    this.#send = send
  }

  async delete(tenant: string, target: DeleteTarget): Promise<void> {
    await this.#ask((order) => ({ type: 'delete', order, tenant, target }))
  }

  async maintain(): Promise<void> {
    await this.#ask((order) => ({ type: 'maintain', order }))
  }

  async #ask(message: (order: number) => FromQuery): Promise<void> {
    const order = ++this.#orders
    this.#send(message(order))
    await new Promise<void>((resolve, reject) => this.#waiting.set(order, { resolve, reject }))
  }

  answered({ order, error }: Answer): void {
    const waiting = this.#waiting.get(order)
    this.#waiting.delete(order)
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(new SpoorError(error.kind, error.code, error.message))
  }

  /** No answer will come any more. */
  stop(): void {
    for (const { reject } of this.#waiting.values())
      reject(new SpoorError('unavailable', 'store_stopped', 'the store stopped before it was done'))
    this.#waiting.clear()
  }
}
