// Sealing keeps its memory from one head to the next: nothing of the one before may show in a segment.

import { describe, expect, it } from 'vitest'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import { allocateHead, Head } from './head.ts'
import { HeadWriter } from './head-writer.ts'
import { Scratch } from './scratch.ts'
import { Sealer, type SealRequest } from './seal.ts'

const ARRIVAL_MS = 1_787_220_000_000
const NOTHING = new Uint8Array(0)

/** A head of `requests` requests, each of its own seed. */
function request(seed: number, requests: number, spansPerRequest: number): SealRequest {
  const spans = requests * spansPerRequest
  const head = new Head(allocateHead(seed, { spans, bytes: spans * 2048 }))
  const writer = new HeadWriter(head)
  for (let i = 0; i < requests; i++) {
    const load = makeLoad({ seed: seed * 100 + i, spansPerBlock: spansPerRequest, spansPerRequest })
    const batch = { ...scanOtlp(load.request(0).bytes), tenant: i % 3 === 0 ? 'other' : '' }
    const appended = writer.append(batch, ARRIVAL_MS)
    if (appended === undefined) throw new Error('the head is too small')
    writer.publish(appended.end)
  }
  return { segment: seed, head, rows: head.rows, minArrivalMs: ARRIVAL_MS, maxArrivalMs: ARRIVAL_MS }
}

describe('a sealer', () => {
  it('makes of each head what a new one makes of it', () => {
    const sealer = new Sealer()
    const requests = [request(1, 8, 512), request(2, 1, 3), request(3, 20, 256), request(4, 2, 40), request(1, 8, 512)]
    for (const one of requests) {
      const fresh = new Sealer().seal(one)
      const again = sealer.seal(one)
      expect(again?.meta.spans).toBe(one.rows)
      expect(again?.meta).toEqual(fresh?.meta)
      expect(Buffer.compare(again?.bytes ?? NOTHING, fresh?.bytes ?? NOTHING)).toBe(0)
    }
  })
})

describe('scratch memory', () => {
  it('gives arrays that do not overlap, as they are described, also beyond what it kept', () => {
    const scratch = new Scratch()
    for (let round = 0; round < 3; round++) {
      const arrays = [100, 1, 300_000, 7, 900_000].map((count) => scratch.words(count))
      for (const [i, array] of arrays.entries()) {
        expect(array.every((word) => word === 0)).toBe(true)
        array.fill(i + 1)
      }
      const signed = scratch.signed(33, -1)
      expect(signed.every((word) => word === -1)).toBe(true)
      expect(scratch.doubles(9).every((value) => value === 0)).toBe(true)
      for (const [i, array] of arrays.entries()) expect(array.every((word) => word === i + 1)).toBe(true)
      scratch.reset()
    }
  })
})
