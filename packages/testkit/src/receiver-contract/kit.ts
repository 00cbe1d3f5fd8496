// The laws of every receiver: what was sent is what was accepted and what was refused, nothing twice, nothing invented,
// and the sender was told. Run from each receiver's contract.test.ts with that receiver's own client.

import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Receiver } from 'spoor/receivers/api/receiver'
import { createTestHost, type TestHost } from './host.ts'
import { createSink, type Sink, type SinkMode } from './sink.ts'
import { numberedSpans, type NumberedSpan } from './spans.ts'

export type SendOutcome =
  | { readonly status: 'ok'; readonly rejected: number; readonly message: string }
  | { readonly status: 'retry'; readonly afterMs: number }
  | { readonly status: 'refused'; readonly message: string }

/** A client of the receiver; one connection where the protocol has connections. */
export interface Sender {
  /** One request with exactly these spans. Rejects only where the connection fails. */
  send(spans: readonly NumberedSpan[]): Promise<SendOutcome>
  close(): Promise<void>
}

export interface ReceiverTarget {
  /** The plugin's name. */
  readonly name: string
  /** Listening on 127.0.0.1; port 0 lets the system choose. */
  create(host: TestHost, port: number): Receiver
  connect(address: string): Promise<Sender>
}

const REQUESTS = 30
const SPANS_A_REQUEST = 20
const BAD_EVERY = 13
const SENDERS = 3

interface Setup {
  readonly host: TestHost
  readonly sink: Sink
  readonly receiver: Receiver
  readonly address: string
  readonly senders: readonly Sender[]
}

interface Told {
  rejected: number
  retries: number
  readonly messages: string[]
}

export function receiverContract(target: ReceiverTarget): void {
  describe(`receiver contract: ${target.name}`, () => {
    let setup: Setup
    beforeEach(async () => {
      setup = await start(target)
    })
    afterEach(async () => {
      setup.sink.release()
      await Promise.all(setup.senders.map(async (sender) => await sender.close()))
      await setup.receiver.stop()
      expect(setup.host.budget.usedBytes).toBe(0)
      expect(setup.host.complaints).toEqual([])
    })

    it.each<SinkMode>(['ok', 'transient', 'permanent', 'mixed'])(
      'keeps the books with a sink that is %s',
      async (mode) => {
        setup.sink.mode = mode
        const told = await sendAll(setup)
        await checkBooks(setup, told, target.name)
        expect(told.retries > 0).toBe(mode === 'transient' || mode === 'mixed')
      },
    )

    it('keeps apart requests that are answered late and out of order', async () => {
      setup.sink.mode = 'held'
      const [sender] = setup.senders as [Sender]
      const sending = [1, 1001, 2001].map((from) => sender.send(numberedSpans(from, 200)))
      await setup.sink.waitForHeld(sending.length)
      setup.sink.release()
      expect(await Promise.all(sending)).toEqual(sending.map(() => ({ status: 'ok', rejected: 0, message: '' })))
      expect(setup.sink.accepted.length).toBe(600)
      expect(new Set(setup.sink.accepted).size).toBe(600)
    })

    it('answers requests under way when it stops, and takes no more', async () => {
      setup.sink.mode = 'held'
      const [sender] = setup.senders as [Sender]
      const sending = [1, 101, 201].map((from) => sender.send(numberedSpans(from, 10)))
      await setup.sink.waitForHeld(sending.length)
      const stopped = setup.receiver.stop()
      const again = setup.receiver.stop()
      setup.sink.release()
      expect(await Promise.all(sending)).toEqual(sending.map(() => ({ status: 'ok', rejected: 0, message: '' })))
      await Promise.all([stopped, again])
      expect(setup.sink.accepted.length).toBe(30)
      await expect(target.connect(setup.address).then((late) => late.send(numberedSpans(1, 1)))).rejects.toThrow()
    })

    it('says in one line which address is taken', async () => {
      const port = Number(setup.address.split(':').at(-1))
      const second = target.create(createTestHost(createSink()), port)
      const refusal: unknown = await second.start().catch((thrown: unknown) => thrown)
      expect(refusal).toMatchObject({ kind: 'unavailable', code: 'port_in_use' })
      expect((refusal as Error).message).toMatch(/^[^\n]+$/)
      expect((refusal as Error).message).toContain(setup.address)
      await second.stop()
    })
  })
}

async function start(target: ReceiverTarget): Promise<Setup> {
  const sink = createSink()
  const host = createTestHost(sink)
  const receiver = target.create(host, 0)
  const [listening] = await receiver.start()
  const address = listening?.address ?? ''
  const senders = await Promise.all(Array.from({ length: SENDERS }, async () => await target.connect(address)))
  return { host, sink, receiver, address, senders }
}

/** All requests, spread over all senders at once; each is sent until the receiver does not ask for it again. */
async function sendAll({ senders }: Setup): Promise<Told> {
  const told: Told = { rejected: 0, retries: 0, messages: [] }
  let next = 0
  const work = async (sender: Sender): Promise<void> => {
    while (next < REQUESTS) {
      const spans = numberedSpans(1 + next++ * SPANS_A_REQUEST, SPANS_A_REQUEST, BAD_EVERY)
      await sendOne(sender, spans, told)
    }
  }
  await Promise.all(senders.map(work))
  return told
}

async function sendOne(sender: Sender, spans: readonly NumberedSpan[], told: Told): Promise<void> {
  for (;;) {
    const outcome = await sender.send(spans)
    if (outcome.status === 'ok') {
      told.rejected += outcome.rejected
      if (outcome.rejected > 0) told.messages.push(outcome.message)
      return
    }
    expect(outcome.status).toBe('retry')
    if (outcome.status !== 'retry') return
    expect(outcome.afterMs).toBeGreaterThan(0)
    told.retries += 1
    await delay(1) // sooner than asked: a receiver must bear that
  }
}

async function checkBooks({ host, sink }: Setup, told: Told, receiver: string): Promise<void> {
  const all = numberedSpans(1, REQUESTS * SPANS_A_REQUEST, BAD_EVERY)
  const bad = all.filter((span) => span.bad).length
  const seen = [...sink.accepted, ...sink.refused].sort((a, b) => a - b)
  expect(seen).toEqual(all.filter((span) => !span.bad).map((span) => span.number))
  expect(told.rejected).toBe(bad + sink.refused.length)
  for (const message of told.messages) expect(message).toMatch(/^\d+ of 20 spans refused: .*\w+ \(\d+\)/)
  expect(await host.count('spoor_ingest_in_flight_spans')).toBe(0)
  const received = await host.count('jaeger_collector_spans_received_total', { svc: 'numbered' })
  const saved = await host.count('jaeger_collector_spans_saved_by_svc_total', { svc: 'numbered', result: 'ok' })
  const refused = await host.count('spoor_spans_refused_total', { receiver })
  expect(saved).toBe(sink.accepted.length)
  expect(received).toBe(saved + refused)
  const codes = ['ok', 'all_refused'].map(async (code) => await host.count('spoor_requests_total', { receiver, code }))
  expect((await Promise.all(codes)).reduce((sum, count) => sum + count, 0)).toBe(REQUESTS)
}
