// What the rollup of a head costs beside sealing it: CPU a span on the store thread, bytes a span of the file, for heads of the
// usual load whose traces are whole, and for heads that every trace reaches over. Prints JSON.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { Cache } from 'spoor/storage/segments/cache'
import { DEFAULT_CONFIG } from 'spoor/storage/segments/config-types'
import { allocateHead, Head } from 'spoor/storage/segments/head'
import { HeadWriter } from 'spoor/storage/segments/head-writer'
import { mergeCells, type RollupCell } from 'spoor/storage/segments/rollup/cells'
import { RollupEncoder } from 'spoor/storage/segments/rollup/file'
import { RollupMaker } from 'spoor/storage/segments/rollup/maker'
import { Sealer } from 'spoor/storage/segments/seal'
import { Segment } from 'spoor/storage/segments/segment'
import { nodeDisk } from 'spoor/pipeline/spool/disk'
import { OpenFiles, SegmentFile } from 'spoor/storage/segments/segment-file'
import { scanOtlp } from 'spoor/wire/otlp/scan'
import type { SpanBatch } from 'spoor/wire/otlp/span-batch'
import { describeMachine } from './lib/machine.ts'

const ROUNDS = 12
const START_NS = BigInt(Date.now()) * 1_000_000n - 3_600_000_000_000n

function fill(id: number, batches: Iterator<SpanBatch>): Head {
  const head = new Head(allocateHead(id, { spans: DEFAULT_CONFIG.headSpans, bytes: DEFAULT_CONFIG.headBytes }))
  const writer = new HeadWriter(head)
  for (let next = batches.next(); next.done !== true; next = batches.next()) {
    const appended = writer.append(next.value, Date.now())
    if (appended === undefined) break
    writer.publish(appended.end)
  }
  return head
}

function* load(every: number): Generator<SpanBatch> {
  const source = makeLoad({ seed: 1, blocks: 200, startNs: START_NS })
  // With 2: every second request, then the others.
  for (let first = 0; first < every; first++)
    for (let i = first; i < source.requestCount; i += every) yield scanOtlp(source.request(i).bytes)
}

function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

const none = { operations: 0, links: 0 }

async function measure(folder: string, every: number): Promise<object> {
  const sealer = new Sealer()
  const maker = new RollupMaker()
  const segments: Segment[] = []
  const cache = new Cache(8 << 20)
  const files = new OpenFiles(40, nodeDisk())
  const batches = load(every)
  const all: RollupCell[] = []
  let spans = 0
  let sealed = 0
  let rolled = 0
  let bytes = 0
  for (let id = 1; id <= ROUNDS; id++) {
    const head = fill(id, batches)
    if (head.rows === 0) break
    const begun = cpu()
    const made = sealer.seal({ segment: id, head, rows: head.rows, minArrivalMs: id, maxArrivalMs: id })
    const between = cpu()
    if (made === undefined) break
    const onDamage = (_: Segment, error: Error): never => {
      throw error
    }
    const cells = maker.make({ head, rows: made.rows, nameOf: made.nameOf, segments, onDamage }, none)
    const encoder = new RollupEncoder({ id, heads: [id], level: 0 })
    for (const cell of cells) encoder.add(cell)
    const file = encoder.finish().bytes
    const end = cpu()
    const name = join(folder, `${every}-${id}.segment`)
    await writeFile(name, made.bytes)
    segments.push(
      new Segment({ ...made.meta, file: name, bytes: made.bytes.length }, new SegmentFile(name, files), cache),
    )
    all.push(...cells)
    // The first runs compile.
    if (id <= 2) continue
    spans += head.rows
    sealed += between - begun
    rolled += end - between
    bytes += file.length
  }
  files.closeAll()
  const encoder = new RollupEncoder({ id: 0, heads: [], level: 9 })
  const merged = mergeCells(all, none)
  for (const cell of merged) encoder.add(cell)
  return {
    spans,
    sealMicrosASpan: sealed / spans,
    rollupMicrosASpan: rolled / spans,
    bytesASpan: bytes / spans,
    cells: merged.length,
    operations: merged.reduce((sum, cell) => sum + cell.operations.length, 0),
    mergedBytes: encoder.finish().bytes.length,
  }
}

const folder = await mkdtemp(join(tmpdir(), 'spoor-bench-rollup-'))
try {
  const result = {
    name: 'rollup',
    machine: describeMachine(),
    whole: await measure(folder, 1),
    cut: await measure(folder, 2),
  }
  console.log(JSON.stringify(result, undefined, 2))
} finally {
  await rm(folder, { recursive: true, force: true })
}
