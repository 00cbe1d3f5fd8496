// The ring against a plain queue, in every state it can be driven to, and between two real threads.

import { Worker } from 'node:worker_threads'
import { assert, constantFrom, array, nat, oneof, record, property } from 'fast-check'
import { expect, test } from 'vitest'
import { createBell, Doorbell } from './doorbell.ts'
import { allocateRing, RingReader, RingWriter } from './packet-ring.ts'

const RING_BYTES = 256

function packetOf(number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (number * 31 + i) & 0xff)
}

test('gives what a queue gives, in order and byte for byte, and refuses only what does not fit', () => {
  const push = record({ kind: constantFrom('push' as const), length: nat(RING_BYTES) })
  const take = record({ kind: constantFrom('take' as const), length: nat(5) })
  assert(
    property(array(oneof(push, take), { maxLength: 200 }), (steps) => {
      const memory = allocateRing(RING_BYTES, 12)
      const writer = new RingWriter(memory)
      const reader = new RingReader(memory)
      const queue: Uint8Array[] = []
      const into = new Uint8Array(RING_BYTES)
      const takeOne = (): void => {
        const expected = queue.shift()
        const length = reader.take(into)
        expect(length).toBe(expected?.length ?? -1)
        if (expected !== undefined) expect(into.subarray(0, length)).toEqual(expected)
      }
      steps.forEach(({ kind, length }, number) => {
        if (kind === 'take') for (let i = 0; i < length; i++) takeOne()
        else if (writer.push(packetOf(number, length))) queue.push(packetOf(number, length))
        else {
          // What does not fit wants at least half of the ring, or the ring is half full already.
          const held = queue.reduce((sum, packet) => sum + packet.length + 8, length + 8)
          expect(queue.length === 12 || held * 2 > RING_BYTES).toBe(true)
        }
        expect(reader.size).toBe(queue.length)
      })
      while (queue.length > 0) takeOne()
      expect(reader.take(into)).toBe(-1)
      // An empty ring takes a packet of its whole size again.
      expect(writer.push(packetOf(1, RING_BYTES))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('touches no more memory than the packets that wait at once, however many pass', () => {
  const memory = allocateRing(64 * 1024, 100)
  const writer = new RingWriter(memory)
  const reader = new RingReader(memory)
  const into = new Uint8Array(1000)
  for (let number = 0; number < 1000; number++) {
    expect(writer.push(packetOf(number, 1000))).toBe(true)
    expect(reader.take(into)).toBe(1000)
  }
  expect(new Uint8Array(memory.data).subarray(1100).every((byte) => byte === 0)).toBe(true)
})

const PACKETS = 100_000
const PUSHER = `
  const { workerData } = require('node:worker_threads')
  void (async () => {
    const { RingWriter } = await import(workerData.ring)
    const { Doorbell } = await import(workerData.doorbell)
    const writer = new RingWriter(workerData.memory)
    const bell = new Doorbell(workerData.bell)
    const packet = new Uint32Array(64)
    for (let number = 1; number <= ${PACKETS}; number++) {
      const words = 1 + (number % 64)
      packet.fill(number, 0, words)
      while (!writer.push(new Uint8Array(packet.buffer, 0, words * 4))) await new Promise(setImmediate)
      bell.ring()
    }
  })()
`

test('between two threads every packet arrives once, whole and in order, and the one that waits is woken', async () => {
  const memory = allocateRing(16 * 1024, 1000)
  const bell = createBell()
  const urls = {
    ring: new URL('packet-ring.ts', import.meta.url).href,
    doorbell: new URL('doorbell.ts', import.meta.url).href,
  }
  const worker = new Worker(PUSHER, { eval: true, workerData: { memory, bell, ...urls } })
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', reject)
  })
  const reader = new RingReader(memory)
  const doorbell = new Doorbell(bell)
  const words = new Uint32Array(64)
  const into = new Uint8Array(words.buffer)
  let last = 0
  let wrong = 0
  while (last < PACKETS) {
    const { rings } = doorbell
    const length = reader.take(into)
    if (length < 0) {
      await Promise.race([doorbell.wait(rings), failed])
      continue
    }
    last++
    if (length !== (1 + (last % 64)) * 4 || words.subarray(0, length / 4).some((word) => word !== last)) wrong++
  }
  expect(wrong).toBe(0)
  expect(reader.size).toBe(0)
  await worker.terminate()
}, 30_000)
