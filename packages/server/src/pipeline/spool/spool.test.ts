// The spool's promises: what was acknowledged is read back, once and in order, whatever the disk did in between.

import { Buffer } from 'node:buffer'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { faultyDisk, type FaultPlan } from '@spoor/testkit/faults/disk'
import { silentLogger } from '../../telemetry/log.ts'
import { type Chain, createChain, type SyncMode } from './chain.ts'
import { nodeDisk } from './disk.ts'
import { recordBytes, RECORD_HEADER_BYTES, SIGNAL_SPANS, SPOOL_VERSION, writeRecordHeader } from './format.ts'
import { listChains, loadChain, replayChain, type ReplayReport } from './replay.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spoor-spool-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function frame(number: number, payload: string): Buffer {
  const body = Buffer.from(payload)
  const bytes = Buffer.alloc(recordBytes(1, body.length))
  bytes.write('t', RECORD_HEADER_BYTES)
  body.copy(bytes, RECORD_HEADER_BYTES + 1)
  writeRecordHeader(bytes, 0, 1, body.length, {
    record: number,
    signal: SIGNAL_SPANS,
    arrivalMs: 1_800_000_000_000 + number,
  })
  return bytes
}

function open(
  sync: SyncMode,
  plan: FaultPlan = () => undefined,
  chain: number = 1,
): { chain: Chain; failures: string[] } {
  const failures: string[] = []
  const made = createChain({
    disk: faultyDisk(nodeDisk(), plan),
    folder,
    chain,
    capacitySpans: 10,
    capacityBytes: 1000,
    sync,
    log: silentLogger(),
    files: [],
    onFailure: (what, degraded) => failures.push(`${what} ${degraded ? 'degraded' : 'well'}`),
  })
  return { chain: made, failures }
}

async function append(chain: Chain, number: number, payload: string): Promise<string> {
  return await new Promise((resolve) =>
    chain.append(frame(number, payload), number, (error) => resolve(error?.code ?? 'ok')),
  )
}

async function replay(): Promise<{ payloads: string[]; report: ReplayReport }> {
  const payloads: string[] = []
  const [files] = await listChains(nodeDisk(), folder)
  if (files === undefined) throw new Error('no chain')
  const loaded = await loadChain(nodeDisk(), folder, files)
  const report = await replayChain(nodeDisk(), folder, loaded, async (record) => {
    payloads.push(`${record.record}:${record.tenant}:${Buffer.from(record.payload).toString()}:${record.arrivalMs}`)
    await Promise.resolve()
  })
  return { payloads, report }
}

function lines(...numbers: number[]): string[] {
  return numbers.map((n) => `${n}:t:p${n}:${1_800_000_000_000 + n}`)
}

test.each(['always', 'interval', 'never'] as const)(
  'what was appended is read back in order (sync %s)',
  async (sync) => {
    const { chain } = open(sync)
    expect(await Promise.all([0, 1, 2, 3].map(async (n) => await append(chain, n, `p${n}`)))).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ])
    expect(await append(chain, 4, 'p4')).toBe('ok')
    await chain.close()
    expect((await replay()).payloads).toEqual(lines(0, 1, 2, 3, 4))
  },
)

test('a full disk refuses, and what was there before stays readable; the numbers are used again', async () => {
  let full = true
  let writes = 0
  const { chain, failures } = open('interval', (operation) => {
    if (operation !== 'write') return undefined
    writes++
    return full && writes === 2 ? { code: 'ENOSPC', bytesWritten: 40 } : undefined
  })
  expect(await append(chain, 0, 'p0')).toBe('ok')
  expect(await Promise.all([append(chain, 1, 'lost'), append(chain, 2, 'lost')])).toEqual(['disk_full', 'disk_full'])
  full = false
  expect(await append(chain, 1, 'p1')).toBe('ok')
  await chain.close()
  expect(failures).toEqual(['write well'])
  const { payloads, report } = await replay()
  expect(payloads).toEqual(lines(0, 1))
  expect(report).toMatchObject({ damaged: 0, tornBytes: 0 })
})

test('where a failed write cannot be cut off, a next file voids it', async () => {
  let writes = 0
  const { chain } = open('interval', (operation) => {
    if (operation === 'truncate') return { code: 'EIO' }
    if (operation === 'write' && ++writes === 2) return { code: 'EIO', bytesWritten: 10_000 }
    return undefined
  })
  expect(await append(chain, 0, 'p0')).toBe('ok')
  expect(await Promise.all([append(chain, 1, 'ghost'), append(chain, 2, 'ghost')])).toEqual([
    'disk_error',
    'disk_error',
  ])
  expect(await append(chain, 1, 'p1')).toBe('ok')
  await chain.close()
  expect(readdirSync(folder).length).toBe(2)
  expect((await replay()).payloads).toEqual(lines(0, 1))
})

test.each(['always', 'interval'] as const)(
  'a failed sync is never repeated on its file: the unsynced part goes to a next one (%s)',
  async (mode) => {
    const synced: string[] = []
    let failed = false
    const { chain, failures } = open(mode, (operation, path) => {
      if (operation !== 'sync') return undefined
      synced.push(path.slice(-16))
      if (failed) return undefined
      failed = true
      return { code: 'EIO' }
    })
    expect(await append(chain, 0, 'p0')).toBe('ok')
    expect(await append(chain, 1, 'p1')).toBe('ok')
    await chain.drain()
    expect(chain.degraded).toBe(false)
    expect(await append(chain, 2, 'p2')).toBe('ok')
    await chain.close()
    expect(failures.slice(0, 2)).toEqual(['sync degraded', 'sync well'])
    expect(synced.filter((name) => name.endsWith('0000.spool')).length).toBe(1)
    // The first file may have lost anything: the second has it all.
    const [first, second] = readdirSync(folder).toSorted()
    writeFileSync(join(folder, first ?? ''), Buffer.alloc(0))
    expect(second).toMatch(/-0001\.spool$/)
    expect((await replay()).payloads).toEqual(lines(0, 1, 2))
  },
)

test('while a failed sync cannot be made good, appends are refused and what was written stays', async () => {
  const { chain } = open('always', (operation, path) => {
    if (operation === 'sync') return { code: 'EIO' }
    return operation === 'create' && path.endsWith('.tmp') ? { code: 'EIO' } : undefined
  })
  expect(await append(chain, 0, 'p0')).toBe('spool_degraded')
  expect(chain.degraded).toBe(true)
  expect(await append(chain, 0, 'p0')).toBe('spool_degraded')
  await chain.close()
})

test('a torn end is passed over at every length', async () => {
  const { chain } = open('never')
  for (const n of [0, 1, 2]) await append(chain, n, `p${n}`)
  await chain.close()
  const [name] = readdirSync(folder)
  const path = join(folder, name ?? '')
  const whole = readFileSync(path)
  const last = frame(2, 'p2').length
  for (let length = whole.length - 1; length >= whole.length - last; length--) {
    writeFileSync(path, whole.subarray(0, length))
    const { payloads, report } = await replay()
    expect(payloads).toEqual(lines(0, 1))
    expect(report.tornBytes).toBe(length - (whole.length - last))
    expect(report.damaged).toBe(0)
  }
})

test('a damaged record is set aside at every flipped bit, and the others are read', async () => {
  const { chain } = open('never')
  for (const n of [0, 1, 2]) await append(chain, n, `p${n}`)
  await chain.close()
  const [name] = readdirSync(folder)
  const path = join(folder, name ?? '')
  const whole = readFileSync(path)
  const size = frame(1, 'p1').length
  for (let bit = 0; bit < size * 8; bit += 3) {
    const broken = Buffer.from(whole)
    const at = whole.length - 2 * size + (bit >> 3)
    broken.writeUInt8((broken[at] ?? 0) ^ (1 << (bit & 7)), at)
    writeFileSync(path, broken)
    const { payloads, report } = await replay()
    expect(payloads).toEqual(lines(0, 2))
    expect(report).toMatchObject({ records: 2, damaged: 1, tornBytes: 0 })
  }
  expect(readdirSync(join(folder, 'damaged')).length).toBe(1)
})

test('a newer format is refused by name', async () => {
  const { chain } = open('never')
  await append(chain, 0, 'p0')
  await chain.close()
  const [name] = readdirSync(folder)
  const path = join(folder, name ?? '')
  const bytes = readFileSync(path)
  bytes.writeUInt32LE(SPOOL_VERSION + 1, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44)
  writeFileSync(path, bytes)
  await expect(replay()).rejects.toMatchObject({
    code: 'spool_version',
    message: expect.stringContaining(name ?? '-') as unknown,
  })
})
