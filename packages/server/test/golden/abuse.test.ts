// The recorded thrift broken in every way against the real program, through its real sockets, by UDP and by HTTP: each piece is
// refused and counted by its reason, a good neighbour's spans all get through, nothing grows, and the process lives on.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { numberedPacket } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { type Spoor, startSpoor } from '@spoor/testkit/spoor/start'
import { type Count, scrape } from '../e2e/scrape.ts'
import { asPacket, claims, cutEverywhere, type Encoding, mutations } from './broken.ts'
import { loadInputs, loadReceiverErrors } from './recordings.ts'
import { createTalk, sendPackets, type Talk } from './talk.ts'

/** Packets and their bytes that may be under way: fewer than a usual socket buffer holds, with what the kernel adds to each. */
const WINDOW = 96
const WINDOW_BYTES = 64 * 1024
const WINDOWS_QUEUED = 8
const MAX_PACKET = 65_000
/** A quarter of a gibibyte; one list of 2^31 structs would be far more. */
const MAX_GROWTH_KB = 256 * 1024
const NEIGHBOUR = 'good neighbour'
const RANGE = 'start=1789999990000000&end=1790000100000000'
const UDP = [
  ['compact', 'jaeger-compact', 'jaegerCompact', 'jaeger-udp-compact'],
  ['binary', 'jaeger-binary', 'jaegerBinary', 'jaeger-udp-binary'],
] as const

let spoor: Spoor
let talk: Talk
/** Spans of the neighbour, all receivers together. */
let good = 0
let memoryBefore = 0

beforeAll(async () => {
  spoor = await startSpoor()
  talk = createTalk()
  memoryBefore = residentKb()
})
afterAll(async () => {
  talk.close()
  await spoor.stop()
})

/** Resident memory; 0 where there is no /proc. */
function residentKb(): number {
  if (process.platform !== 'linux') return 0
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${spoor.pid}/status`, 'utf8'))?.[1])
}

function neighbour(encoding: Encoding): Buffer {
  good++
  return numberedPacket(numberedSpans(good, 1), encoding, NEIGHBOUR)
}

function windows(packets: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const all: Uint8Array[][] = [[]]
  let bytes = 0
  for (const packet of packets) {
    bytes += packet.length
    if (all.at(-1)?.length === WINDOW || bytes > WINDOW_BYTES) {
      all.push([])
      bytes = packet.length
    }
    all.at(-1)?.push(packet)
  }
  return all
}

/** What of the packets is known to have become of them. */
function accounted(count: Count, receiver: string): number {
  return count('spoor_requests_total', { receiver }) + count('spoor_udp_packets_dropped_total', { receiver })
}

/**
 * Sends the packets, one of the neighbour after each window, never more at once than a socket holds, nor more windows than the
 * queue behind it.
 */
async function abuse(encoding: Encoding, receiver: string, port: number, bad: readonly Uint8Array[]): Promise<void> {
  const start = await scrape(spoor.url.admin)
  const since = async (value: (count: Count) => number): Promise<number> =>
    value(await scrape(spoor.url.admin)) - value(start)
  const received = (count: Count): number => count('spoor_udp_packets_received_total', { receiver })
  const done = (count: Count): number => accounted(count, receiver)
  const all = windows(bad)
  let sent = 0
  for (const [at, window] of all.entries()) {
    const some = [...window, neighbour(encoding)]
    sent += some.length
    await sendPackets(some, port)
    const isLast = (at + 1) % WINDOWS_QUEUED === 0 || at === all.length - 1
    await expect.poll(() => since(isLast ? done : received), { timeout: 20_000, interval: 1 }).toBe(sent)
  }
}

async function reasons(receiver: string): Promise<(code: string) => number> {
  const count = await scrape(spoor.url.admin)
  return (code) => count('spoor_requests_total', { receiver, code })
}

async function expectUnharmed(receiver: string): Promise<void> {
  const found = async (): Promise<number> => {
    const path = `/api/traces?service=${encodeURIComponent(NEIGHBOUR)}&${RANGE}&limit=100000`
    const { body } = await talk.ask(spoor.url.query, { method: 'GET', path })
    const { data } = JSON.parse(body) as { readonly data: readonly { readonly spans: readonly { spanID: string }[] }[] }
    return new Set(data.flatMap(({ spans }) => spans.map(({ spanID }) => spanID))).size
  }
  await expect.poll(found, { timeout: 20_000 }).toBe(good)
  const count = await scrape(spoor.url.admin)
  expect(count('spoor_requests_total', { receiver, code: 'internal' })).toBe(0)
  expect(count('spoor_udp_kernel_dropped_packets_total', { receiver })).toBe(0)
  expect(count('spoor_ingest_in_flight_spans')).toBe(0)
  expect(count('spoor_body_budget_used_bytes')).toBe(0)
  expect(residentKb() - memoryBefore).toBeLessThan(MAX_GROWTH_KB)
  expect(spoor.output()).not.toMatch(/ (?:ERROR|FATAL) /)
}

test.each(UDP)('%s: packets cut at every byte and mutated', async (encoding, receiver, listener, protocol) => {
  const inputs = loadInputs(protocol)
  const cuts = cutEverywhere(inputs)
  expect(cuts.length).toBeGreaterThan(5000)
  await abuse(encoding, receiver, spoor.ports[listener], cuts)
  const code = await reasons(receiver)
  // The neighbour's; no cut packet passes for a whole one.
  expect(code('ok')).toBe(windows(cuts).length)
  expect(code('thrift_truncated')).toBeGreaterThan(cuts.length / 2)
  await abuse(encoding, receiver, spoor.ports[listener], mutations(inputs))
  await expectUnharmed(receiver)
})

test.each(UDP)('%s: claims, depth, wrong names, types and sizes', async (encoding, receiver, listener, protocol) => {
  const [input] = loadInputs(protocol)
  const [whole] = loadInputs('jaeger-thrift-http')
  const recorded = (loadReceiverErrors()['1.57']?.udp ?? []).filter(
    ({ port }) => (port === 6831) === (encoding === 'compact'),
  )
  const other = loadInputs(encoding === 'compact' ? 'jaeger-udp-binary' : 'jaeger-udp-compact')[0]
  const empty = batchBytes({ serviceName: 'x', processTags: [], spans: [] }, encoding)
  const packets = [
    ...claims(encoding).map((batch) => asPacket(encoding, batch)),
    ...['emitZipkinBatch', 'emitBatches', '', 'x'.repeat(1000)].map((name) => asPacket(encoding, empty, name)),
    ...[0, 2, 3, 5].map((type) => asPacket(encoding, empty, 'emitBatch', type)),
    ...recorded.map(({ hex }) => Buffer.from(hex, 'hex')),
    other?.bytes ?? Buffer.alloc(0),
    whole?.bytes ?? Buffer.alloc(0),
    Buffer.concat([input?.bytes ?? Buffer.alloc(0), Buffer.alloc(MAX_PACKET)]).subarray(0, MAX_PACKET + 1),
  ]
  const before = await reasons(receiver)
  const kept = (await scrape(spoor.url.admin))('spoor_spans_stored_total', { receiver })
  await abuse(encoding, receiver, spoor.ports[listener], packets)
  const code = await reasons(receiver)
  expect(code('ok') - before('ok')).toBe(windows(packets).length)
  for (const reason of ['list_too_long', 'too_deep', 'zipkin_method', 'wrong_method', 'wrong_message_type']) {
    expect([reason, code(`thrift_${reason}`) > before(`thrift_${reason}`)]).toEqual([reason, true])
  }
  expect(code('thrift_wrong_protocol') - before('thrift_wrong_protocol')).toBeGreaterThan(0)
  const count = await scrape(spoor.url.admin)
  expect(count('spoor_udp_packets_dropped_total', { receiver, reason: 'too_large' })).toBe(1)
  await expectUnharmed(receiver)
  const stored = (await scrape(spoor.url.admin))('spoor_spans_stored_total', { receiver }) - kept
  expect(stored).toBe(windows(packets).length)
})

test('14268: bodies cut at every byte, mutated, with claims and depth', async () => {
  const inputs = loadInputs('jaeger-thrift-http')
  const cuts = cutEverywhere(inputs)
  const post = async (body: Uint8Array): Promise<number> => {
    const headers = { 'content-type': 'application/x-thrift' }
    return (await talk.ask(spoor.url.jaegerHttp, { method: 'POST', path: '/api/traces', headers, body })).status
  }
  const sendAll = async (bodies: readonly Uint8Array[]): Promise<number[]> => {
    const statuses: number[] = []
    for (let at = 0; at < bodies.length; at += WINDOW) {
      statuses.push(...(await Promise.all(bodies.slice(at, at + WINDOW).map(post))))
      const whole = numberedPacket(numberedSpans(++good, 1), 'binary', NEIGHBOUR)
      // A packet is a header, a field, the Batch, and a STOP.
      expect(await post(whole.subarray(asPacket('binary', new Uint8Array(0)).length - 2, -1))).toBe(202)
    }
    return statuses
  }
  expect(new Set(await sendAll(cuts))).toEqual(new Set([400]))
  expect(new Set(await sendAll(claims('binary')))).toEqual(new Set([400]))
  for (const status of await sendAll(mutations(inputs))) expect([202, 400]).toContain(status)
  await expectUnharmed('jaeger-http')
})
