// Writing for the laws: retries what the store refuses for now, and reads everything back in comparable form.

import { setTimeout as delay } from 'node:timers/promises'
import type { Span } from '@spoor/core/model/span'
import { isRetryable } from '@spoor/core/base/errors'
import { encodeTraces } from 'spoor/wire/otlp/encode'
import { decodeTraces } from 'spoor/wire/otlp/decode'
import { scanOtlp } from 'spoor/wire/otlp/scan'
import type { SpanBatch } from 'spoor/wire/otlp/span-batch'
import type { WriteResult } from 'spoor/storage/api/store'
import type { ContractStore } from './kit.ts'

const RETRIES = 500

/** Writes, and tries again while the store says that it is full. */
export async function writeBatch(store: ContractStore, batch: SpanBatch): Promise<WriteResult> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await store.writer.write(batch)
    } catch (thrown) {
      if (!isRetryable(thrown) || attempt === RETRIES) throw thrown
      await delay(10)
    }
  }
}

export async function writeSpans(
  store: ContractStore,
  spans: readonly Span[],
  tenant: string = '',
): Promise<WriteResult> {
  return await writeBatch(store, scanOtlp(encodeTraces(spans), { tenant }))
}

/** In requests of `size` spans, one after the other. */
export async function writeInBatches(
  store: ContractStore,
  spans: readonly Span[],
  size: number,
  tenant: string = '',
): Promise<void> {
  for (let from = 0; from < spans.length; from += size) await writeSpans(store, spans.slice(from, from + size), tenant)
}

export async function readTrace(store: ContractStore, id: string, tenant: string = ''): Promise<Span[] | undefined> {
  let found: Span[] | undefined
  for await (const chunk of store.reader.traces(tenant, [id])) {
    if (found !== undefined) throw new Error(`${id} came in two chunks`)
    found = decodeTraces(chunk.bytes)
    if (found.length !== chunk.spanCount) throw new Error(`${id} says ${chunk.spanCount} spans and has ${found.length}`)
  }
  return found
}

/** Spans in an order of their own, so that two lists of the same spans are equal. */
export function inOrder(spans: readonly Span[]): Span[] {
  return [...spans].toSorted((a, b) => compare(a.traceId + a.spanId + a.name, b.traceId + b.spanId + b.name))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** The spans as they are after a trip through OTLP, which is what a store may be held to. */
export function throughWire(spans: readonly Span[]): Span[] {
  return decodeTraces(encodeTraces(spans))
}
