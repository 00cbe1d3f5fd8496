// The books of the way in: by service, by reason, in flight; and labels that strangers cannot multiply.

import { describe, expect, it } from 'vitest'
import { SpoorError } from '@spoor/core/base/errors'
import { createTestHost } from '@spoor/testkit/receiver-contract/host'
import { createSink } from '@spoor/testkit/receiver-contract/sink'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { SpanWriter } from '../storage/api/store.ts'
import { scanOtlp } from '../wire/otlp/scan.ts'
import type { SpanBatch } from '../wire/otlp/span-batch.ts'

const SOURCE = { receiver: 'test', format: 'otlp', transport: 'grpc' }

function batchOf(service: string, count: number, badEvery = 0): SpanBatch {
  return scanOtlp(encodeNumbered(numberedSpans(1, count, badEvery), service), { tenant: '' })
}

describe('ingest', () => {
  it('counts by service, and what has none as Jaeger does', async () => {
    const host = createTestHost(createSink())
    const both = Buffer.concat([encodeNumbered(numberedSpans(1, 3), 'a'), encodeNumbered(numberedSpans(4, 4), '')])
    await host.ingest.accept(scanOtlp(both, { tenant: '' }), SOURCE)
    await host.ingest.accept(batchOf('a', 5), SOURCE)
    const received = 'jaeger_collector_spans_received_total'
    expect(await host.count(received, { svc: 'a', format: 'otlp', transport: 'grpc' })).toBe(8)
    expect(await host.count(received, { svc: '__unknown' })).toBe(4)
  })

  it('gives 4000 services a label, and one to all others', async () => {
    const host = createTestHost(createSink())
    for (let i = 0; i < 4010; i++) await host.ingest.accept(batchOf(`service-${i}`, 1), SOURCE)
    await host.ingest.accept(batchOf('service-7', 1), SOURCE)
    const received = 'jaeger_collector_spans_received_total'
    expect(await host.count(received)).toBe(4011)
    expect(await host.count(received, { svc: 'other-services' })).toBe(10)
    expect(await host.count(received, { svc: 'service-7' })).toBe(2)
  })

  it('cuts long names and bears bytes that are no text', async () => {
    const host = createTestHost(createSink())
    const batch = batchOf('x'.repeat(100_000), 1)
    await host.ingest.accept(batch, SOURCE)
    expect(await host.count('jaeger_collector_spans_received_total', { svc: 'x'.repeat(256) })).toBe(1)
  })

  it('asks no store where nothing is left to write', async () => {
    const sink = createSink()
    sink.mode = 'transient' // would refuse
    const host = createTestHost(sink)
    const result = await host.ingest.accept(batchOf('a', 3, 1), SOURCE)
    expect(result).toMatchObject({ stored: 0, refused: [{ row: 0 }, { row: 1 }, { row: 2 }] })
    expect(await host.count('spoor_spans_refused_total', { reason: result.refused[0]?.reason ?? '' })).toBe(3)
    expect(await host.ingest.accept(scanOtlp(new Uint8Array(0), { tenant: '' }), SOURCE)).toEqual({
      stored: 0,
      refused: [],
    })
  })

  it('a patient batch waits for the store and is counted once, whatever the attempts', async () => {
    const sink = createSink()
    sink.mode = 'transient' // turns away two of three
    const host = createTestHost(sink)
    const patience = new AbortController()
    const result = await host.ingest.accept(batchOf('a', 4), SOURCE, patience.signal)
    expect(result).toEqual({ stored: 4, refused: [] })
    expect(sink.accepted).toEqual([1, 2, 3, 4])
    expect(await host.count('jaeger_collector_spans_received_total')).toBe(4)
    expect(await host.count('spoor_spans_refused_total')).toBe(0)
  })

  it('patience ends with its signal: the batch is refused and counted once', async () => {
    const writer: SpanWriter = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      write: () =>
        Promise.reject(new SpoorError('overloaded', 'head_full', 'no room, try again', { retryAfterMs: 600_000 })),
    }
    const host = createTestHost(writer)
    const patience = new AbortController()
    const accepting = host.ingest.accept(batchOf('a', 4), SOURCE, patience.signal)
    await Promise.resolve()
    patience.abort()
    await expect(accepting).rejects.toMatchObject({ code: 'head_full' })
    expect(await host.count('spoor_spans_refused_total', { reason: 'head_full' })).toBe(4)
    expect(await host.count('jaeger_collector_spans_received_total')).toBe(4)
    expect(await host.count('spoor_ingest_in_flight_spans')).toBe(0)
  })

  it('counts a whole batch that the store turned away, once by each reason', async () => {
    const writer: SpanWriter = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      write: () => Promise.reject(new SpoorError('overloaded', 'queue_full', 'full', { retryAfterMs: 5 })),
    }
    const host = createTestHost(writer)
    await expect(host.ingest.accept(batchOf('a', 10, 5), SOURCE)).rejects.toMatchObject({ code: 'queue_full' })
    expect(await host.count('spoor_spans_refused_total', { receiver: 'test', reason: 'queue_full' })).toBe(8)
    expect(await host.count('spoor_spans_refused_total', { receiver: 'test' })).toBe(10)
    expect(await host.count('jaeger_collector_spans_saved_by_svc_total', { svc: 'a', result: 'err' })).toBe(10)
    expect(await host.count('jaeger_collector_spans_saved_by_svc_total', { result: 'ok' })).toBe(0)
    expect(await host.count('spoor_ingest_in_flight_spans')).toBe(0)
  })

  it('shows what is in flight', async () => {
    const sink = createSink()
    sink.mode = 'held'
    const host = createTestHost(sink)
    const accepting = host.ingest.accept(batchOf('a', 10), SOURCE)
    await sink.waitForHeld(1)
    expect(await host.count('spoor_ingest_in_flight_spans')).toBe(10)
    sink.release()
    await accepting
    expect(await host.count('spoor_ingest_in_flight_spans')).toBe(0)
  })
})
