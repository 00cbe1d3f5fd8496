// Sealing keeps its memory from one head to the next: nothing of the one before may show in a segment.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { nodeDisk } from '../../pipeline/spool/disk.ts'
import { OtlpBatchBuilder } from '../../wire/otlp/batch-builder.ts'
import { attributeHashes } from '../../wire/otlp/hash.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import { Cache } from './cache.ts'
import { allocateHead, Head } from './head.ts'
import { HeadWriter } from './head-writer.ts'
import { Scratch } from './scratch.ts'
import { Sealer, type SealRequest } from './seal.ts'
import { OpenFiles, SegmentFile } from './segment-file.ts'
import { Segment } from './segment.ts'

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

const INTS = [0n, 1n, 127n, 128n, 300n, 200_000n, (1n << 28n) - 1n, 1n << 28n, 1n << 40n, -1n, -(1n << 63n)]

/** Two spans that have every attribute, so that each gets an entry of the dictionary. */
function ofEveryType(): SealRequest {
  const builder = new OtlpBatchBuilder(4096)
  builder.startResource()
  builder.stringAttribute('service.name', 'shop')
  builder.startScope('', '')
  for (let i = 1; i <= 2; i++) {
    builder.startSpan(new Uint8Array(16).fill(i), new Uint8Array(8).fill(i), undefined, 'GET')
    builder.times(BigInt(ARRIVAL_MS) * 1_000_000n, BigInt(ARRIVAL_MS) * 1_000_000n)
    for (const int of INTS) builder.intAttribute('int', int)
    for (const bool of [true, false]) builder.boolAttribute('bool', bool)
    for (const double of [0, -0, 1.5, Number.NaN]) builder.doubleAttribute('double', double)
    for (const text of ['', 'a', 'x'.repeat(127), 'x'.repeat(128), 'größer', '12'])
      builder.stringAttribute('text', text)
    builder.intAttribute('größer', 7n)
  }
  const head = new Head(allocateHead(1, { spans: 2, bytes: 1 << 16 }))
  const writer = new HeadWriter(head)
  const appended = writer.append(scanOtlp(builder.finish()), ARRIVAL_MS)
  if (appended === undefined) throw new Error('the head is too small')
  writer.publish(appended.end)
  return { segment: 1, head, rows: 2, minArrivalMs: ARRIVAL_MS, maxArrivalMs: ARRIVAL_MS }
}

describe('the index of a dictionary', () => {
  it('has every value under the hash of what it means', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spoor-sealer-'))
    const files = new OpenFiles(1, nodeDisk())
    try {
      const sealed = new Sealer().seal(ofEveryType())
      if (sealed === undefined) throw new Error('nothing was sealed')
      const path = join(folder, 'one')
      await writeFile(path, sealed.bytes)
      const entry = { ...sealed.meta, file: path, bytes: sealed.bytes.length }
      const segment = new Segment(entry, new SegmentFile(path, files), new Cache(1 << 20))
      const { entryStart, dictionaryIndex } = segment
      const wanted: string[] = []
      for (let key = 1; key <= segment.keys.count; key++) {
        const from = entryStart[key] as number
        for (let number = from; number < (entryStart[key + 1] as number); number++) {
          const attribute = segment.attribute(key, segment.strings().dictionaryValue(key, number - from + 1))
          wanted.push(`${attributeHashes(attribute.key, attribute.value)[0]} ${number}`)
        }
      }
      expect(wanted).toHaveLength(INTS.length + 2 + 4 + 6 + 1)
      const found = Array.from(dictionaryIndex.hashes, (hash, i) => `${hash} ${dictionaryIndex.entries[i]}`)
      expect(found.toSorted()).toEqual(wanted.toSorted())
    } finally {
      files.closeAll()
      await rm(folder, { recursive: true, force: true })
    }
  })
})

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
