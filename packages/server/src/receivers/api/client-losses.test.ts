// What clients lost, counted as Jaeger's agent counts it.

import { beforeEach, describe, expect, it } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { createSink } from '@spoor/testkit/receiver-contract/sink'
import { createClientLosses, type ClientLosses } from './client-losses.ts'

const HOUR_MS = 3_600_000

let host: TestHost
let losses: ClientLosses
let clock = 0

beforeEach(() => {
  clock = 0
  host = createTestHost(createSink())
  losses = createClientLosses(host.metrics, () => clock)
})

function note(clientUuid: string, seqNo: number | undefined, lost?: readonly [number, number, number]): void {
  const [fullQueueDroppedSpans = 0, tooLargeDroppedSpans = 0, failedToEmitSpans = 0] = lost ?? []
  const stats = lost === undefined ? undefined : { fullQueueDroppedSpans, tooLargeDroppedSpans, failedToEmitSpans }
  losses.note({ clientUuid, seqNo, stats })
}

async function counts(): Promise<readonly number[]> {
  const dropped = 'jaeger_agent_client_stats_spans_dropped_total'
  return await Promise.all([
    host.count('jaeger_agent_client_stats_batches_received_total'),
    host.count('jaeger_agent_client_stats_batches_sent_total'),
    host.count('jaeger_agent_client_stats_connected_clients'),
    host.count(dropped, { cause: 'full-queue' }),
    host.count(dropped, { cause: 'too-large' }),
    host.count(dropped, { cause: 'send-failure' }),
  ])
}

describe('losses of clients', () => {
  it('counts from the second batch on, by the difference of totals and numbers', async () => {
    note('a', 100, [1000, 100, 10]) // its past is not counted
    expect(await counts()).toEqual([1, 0, 1, 0, 0, 0])
    note('a', 101, [1005, 107, 13])
    expect(await counts()).toEqual([2, 1, 1, 5, 7, 3])
    note('a', 111, [1006, 107, 13]) // nine batches never came
    expect(await counts()).toEqual([3, 11, 1, 6, 7, 3])
  })

  it('ignores what comes out of order, and what does not say which client or batch it is', async () => {
    note('a', 5, [10, 0, 0])
    note('a', 7, [30, 0, 0])
    note('a', 6, [20, 0, 0])
    note('a', 7, [30, 0, 0])
    note('', 8, [99, 0, 0])
    note('a', undefined, [99, 0, 0])
    expect(await counts()).toEqual([4, 2, 1, 20, 0, 0])
  })

  it('keeps clients apart, and totals over batches that carry none', async () => {
    note('a', 1, [10, 0, 0])
    note('b', 1, [500, 0, 0])
    note('a', 2)
    note('a', 3, [11, 0, 0])
    note('b', 2, [502, 0, 0])
    expect(await counts()).toEqual([5, 3, 2, 3, 0, 0])
  })

  it('never counts backwards, nor by numbers that no client could reach', async () => {
    note('a', 1, [10, 10, 10])
    note('a', 2, [3, 10, 10])
    note('a', 3, [2 ** 62, 10, 10])
    note('a', 2 ** 62, [0, 0, 0])
    expect(await counts()).toEqual([4, 2, 1, 0, 0, 0])
  })

  it('forgets a client after an hour, and the longest silent one where there are too many', async () => {
    note('old', 1)
    clock = HOUR_MS / 2
    note('young', 1)
    clock = HOUR_MS + 1
    expect((await counts())[2]).toBe(1)
    for (let i = 0; i < 10_010; i++) note(`client-${i}`, 1)
    expect((await counts())[2]).toBe(10_000)
    note('client-10009', 2)
    note('young', 2) // was forgotten, so this is its first
    expect((await counts())[1]).toBe(1)
  })
})
