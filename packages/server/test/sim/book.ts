// What a store was asked and what it answered: from this follows what it must have, may have and must not have.

import type { Span } from '@spoor/core/model/span'
import type { DeleteTarget } from '../../src/storage/api/admin.ts'
import { type Batch, keyOf } from './batches.ts'

/** Retention of the simulated store. */
export const KEEP_MS = 24 * 3_600_000
export const KEEP_ERRORS_MS = 72 * 3_600_000

/** `durable`: acknowledged, and the store had the time to sync it. */
export type Standing = 'sent' | 'refused' | 'acknowledged' | 'durable'

export interface Order {
  readonly tenant: string
  readonly target: DeleteTarget
  /** Numbers of the batches that were acknowledged before. */
  readonly before: ReadonlySet<number>
  /** Batches from this number on were sent after it was answered. */
  until: number
  done: boolean
}

export type Verdict = 'must' | 'may' | 'must not'

export class Book {
  readonly batches: Batch[] = []
  readonly #standing = new Map<number, Standing>()
  readonly #orders: Order[] = []
  /** Seen to be gone, rightly. */
  readonly #gone = new Set<string>()
  /** Sent again to a store that had been started anew: its counts may have them twice. */
  readonly #again = new Set<number>()

  copy(): Book {
    const copy = new Book()
    copy.batches.push(...this.batches)
    for (const [number, standing] of this.#standing) copy.#standing.set(number, standing)
    copy.#orders.push(...this.#orders.map((order) => ({ ...order })))
    for (const key of this.#gone) copy.#gone.add(key)
    for (const number of this.#again) copy.#again.add(number)
    return copy
  }

  send(batch: Batch): void {
    this.batches.push(batch)
    this.#standing.set(batch.number, 'sent')
  }

  answered(batch: Batch, standing: Standing): void {
    if (standing === 'refused' && this.isKept(batch.number, 'process')) return
    this.#standing.set(batch.number, standing)
  }

  sentAgain(number: number): void {
    this.#again.add(number)
  }

  isCountedOnce({ number }: Batch): boolean {
    return !this.#again.has(number)
  }

  /** What was acknowledged is synced by now. */
  synced(): void {
    for (const [number, standing] of this.#standing)
      if (standing === 'acknowledged') this.#standing.set(number, 'durable')
  }

  acknowledged(): Batch[] {
    return this.batches.filter(({ number }) => this.isKept(number, 'process'))
  }

  isKept(number: number, death: 'process' | 'machine'): boolean {
    const standing = this.#standing.get(number)
    return standing === 'durable' || (standing === 'acknowledged' && death === 'process')
  }

  order(tenant: string, target: DeleteTarget): Order {
    const before = new Set(this.acknowledged().map(({ number }) => number))
    const order: Order = { tenant, target, before, until: Number.POSITIVE_INFINITY, done: false }
    this.#orders.push(order)
    return order
  }

  orderAnswered(order: Order, done: boolean): void {
    order.done = done
    order.until = this.batches.length
  }

  /** Whether an order is about the span, perhaps. */
  isTouched(batch: Batch, span: Span): boolean {
    return this.#orders.some((order) => batch.number < order.until && concerns(order, batch, span))
  }

  isExpired(batch: Batch, span: Span, nowMs: number): boolean {
    const keepMs = batch.spans.some(({ traceId, statusCode }) => traceId === span.traceId && statusCode === 2)
      ? KEEP_ERRORS_MS
      : KEEP_MS
    return nowMs - batch.sentMs >= keepMs
  }

  verdict(batch: Batch, span: Span, death: 'process' | 'machine', nowMs: number): Verdict {
    if (this.#gone.has(keyOf(batch.tenant, span))) return 'must not'
    if (this.#orders.some((order) => order.done && order.before.has(batch.number) && concerns(order, batch, span)))
      return 'must not'
    if (!this.isKept(batch.number, death) || this.isTouched(batch, span) || this.isExpired(batch, span, nowMs))
      return 'may'
    return 'must'
  }

  /** What a healthy store shows is what it has from now on. */
  freeze(seen: ReadonlySet<string>): void {
    for (const batch of this.batches) {
      const there = batch.spans.filter((span) => seen.has(keyOf(batch.tenant, span)))
      for (const span of batch.spans) if (!there.includes(span)) this.#gone.add(keyOf(batch.tenant, span))
      if (there.length > 0) this.#standing.set(batch.number, 'durable')
    }
  }

  /** After an upkeep that was said to be done: what orders and ages took is gone for good. */
  confirmGone(seen: ReadonlySet<string>, nowMs: number): void {
    for (const batch of this.batches) {
      for (const span of batch.spans) {
        const key = keyOf(batch.tenant, span)
        if (!seen.has(key) && (this.isExpired(batch, span, nowMs) || this.isTouched(batch, span))) this.#gone.add(key)
      }
    }
  }
}

function concerns({ tenant, target }: Order, batch: Batch, span: Span): boolean {
  if (batch.tenant !== tenant) return false
  if ('everything' in target) return true
  if ('traceIds' in target) return target.traceIds.includes(span.traceId)
  const { service, startMinNs, startMaxNs } = target
  return span.resource.serviceName === service && span.startNs >= startMinNs && span.startNs <= startMaxNs
}
