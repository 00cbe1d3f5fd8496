// Makes new segments of the rows of old ones that stay: rebuilds their spans as OTLP, fills a private head, and seals it as any
// head is sealed. Works in steps of a block, so that the store thread can do what is more urgent in between. Changes nothing
// but writes new files: whether they count is decided by the manifest.

import { join } from 'node:path'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import type { SpanBatch } from '../../../wire/otlp/span-batch.ts'
import { TraceBuilder } from '../../api/search/trace-builder.ts'
import { BLOCK_STRAY } from '../format.ts'
import { allocateHead, Head, type HeadCapacity } from '../head.ts'
import { HeadWriter } from '../head-writer.ts'
import { type ManifestEntry, type ManifestFile, segmentFileName, writeWhole } from '../manifest.ts'
import type { Sealer } from '../seal.ts'
import type { Segment } from '../segment.ts'
import { BlockSpans } from '../segment-source.ts'
import type { Hides } from './tombstones.ts'

/** Room for what stands around the spans of a block in a head. */
const BLOCK_OVERHEAD = 1 << 10
const MIN_HEAD_BYTES = 1 << 20

/** Which rows of a block of a segment do not stay; undefined where all do. */
export type Drops = (segment: Segment, block: number) => Hides | undefined

export interface RewriteTools {
  readonly disk: Disk
  readonly folder: string
  readonly sealer: Sealer
  readonly manifest: ManifestFile
  /** New segments are at most as large. */
  readonly limit: HeadCapacity
  open(entry: ManifestEntry): Segment
}

export interface Rewritten {
  readonly outputs: readonly ManifestEntry[]
  /** Rows that did not stay, duplicates apart. */
  readonly dropped: number
  readonly duplicates: number
}

/** A segment that was opened and turned out to be damaged. */
export class DamagedInput extends Error {
  readonly entry: ManifestEntry

  constructor(entry: ManifestEntry, cause: unknown) {
    super(`segment ${entry.file} is damaged`, { cause })
    this.entry = entry
  }
}

export class Rewrite {
  readonly inputs: readonly ManifestEntry[]
  readonly #tools: RewriteTools
  readonly #drops: Drops
  readonly #judgedMs: number | undefined
  readonly #outputs: ManifestEntry[] = []
  /** Heads that fill: of rows in time, of stray ones. */
  readonly #heads: (HeadWriter | undefined)[] = [undefined, undefined]
  readonly #full: HeadWriter[] = []
  #dropped = 0
  #duplicates = 0

  /** `judgedMs`: see ManifestEntry. */
  constructor(tools: RewriteTools, inputs: readonly ManifestEntry[], drops: Drops, judgedMs?: number) {
    this.inputs = inputs
    this.#tools = tools
    this.#drops = drops
    this.#judgedMs = judgedMs ?? inputs[0]?.judgedMs
  }

  /** Throws DamagedInput, or the error of the disk. */
  async *steps(): AsyncGenerator<void, Rewritten> {
    for (const entry of this.inputs) {
      const segment = this.#tools.open(entry)
      try {
        for (let block = 0; block < entry.blocks; block++) {
          yield
          this.#read(entry, segment, block)
          if (this.#isFull) yield* this.#sealAll()
        }
      } finally {
        segment.close()
      }
    }
    yield* this.#sealAll()
    return { outputs: this.#outputs, dropped: this.#dropped, duplicates: this.#duplicates }
  }

  /** What was written so far goes: nothing will name it. */
  async undo(): Promise<void> {
    const { folder, manifest } = this.#tools
    await manifest.abandon(this.#outputs.map(({ file }) => join(folder, 'segments', file)))
  }

  #read(entry: ManifestEntry, segment: Segment, block: number): void {
    const { tenant, rows, bytes, stray, kept } = guarded(entry, () => this.#rebuild(segment, block))
    this.#dropped += rows - kept
    if (bytes === undefined) return
    const batch = scanOtlp(bytes, { tenant })
    this.#duplicates += kept - batch.spanCount
    this.#append(batch, entry.maxArrivalMs, stray)
  }

  #append(batch: SpanBatch, arrivalMs: number, stray: boolean): void {
    const place = stray ? 1 : 0
    for (let factor = 1; ;) {
      const writer = (this.#heads[place] ??= this.#newHead(factor))
      const appended = writer.append(batch, arrivalMs, stray)
      if (appended !== undefined) {
        writer.publish(appended.end)
        return
      }
      this.#heads[place] = undefined
      // A block came from a head of any size.
      if (writer.empty) factor *= 2
      else this.#full.push(writer)
    }
  }

  get #isFull(): boolean {
    return this.#full.length > 0
  }

  #rebuild(
    segment: Segment,
    block: number,
  ): { tenant: string; rows: number; bytes: Uint8Array | undefined; stray: boolean; kept: number } {
    const tenant = segment.entryInfo.tenants.find(
      ({ firstBlock, blocks }) => block >= firstBlock && block < firstBlock + blocks,
    )
    const rows = segment.blocks.rows[block] as number
    const stray = ((segment.blocks.flags[block] as number) & BLOCK_STRAY) !== 0
    const drops = this.#drops(segment, block)
    const spans = new BlockSpans(segment, block)
    const builder = new TraceBuilder()
    let kept = 0
    for (let row = 0; row < rows; row++) {
      if (drops?.(row) === true) continue
      kept++
      spans.addTo(builder, row)
    }
    return { tenant: tenant?.name ?? '', rows, bytes: kept === 0 ? undefined : builder.finish(), stray, kept }
  }

  /** As large as the inputs need, and no larger than a segment may be; `factor` for a block that would not fit at all. */
  #newHead(factor: number): HeadWriter {
    const { limit } = this.#tools
    let spans = 64
    let bytes = MIN_HEAD_BYTES
    for (const entry of this.inputs) {
      spans += entry.spans
      bytes += (entry.rawBytes ?? limit.bytes) * 1.05 + entry.blocks * BLOCK_OVERHEAD
    }
    const capacity = {
      spans: Math.min(limit.spans, spans) * factor,
      bytes: Math.floor(Math.min(limit.bytes, bytes)) * factor,
    }
    return new HeadWriter(new Head(allocateHead(0, capacity)))
  }

  async *#sealAll(): AsyncGenerator<void> {
    // The last call takes those that are not full too.
    const rest = this.#isFull ? [] : this.#heads.splice(0, 2, undefined, undefined)
    for (const writer of [...this.#full.splice(0), ...rest]) {
      if (writer === undefined) continue
      yield
      await this.#seal(writer)
    }
  }

  async #seal(writer: HeadWriter): Promise<void> {
    const { disk, folder, manifest, sealer } = this.#tools
    const id = manifest.takeSegmentNumber()
    const sealed = sealer.seal({
      segment: id,
      head: writer.head,
      rows: writer.head.rows,
      minArrivalMs: Math.min(...this.inputs.map((entry) => entry.minArrivalMs)),
      maxArrivalMs: Math.max(...this.inputs.map((entry) => entry.maxArrivalMs)),
      heads: [...new Set(this.inputs.flatMap((entry) => entry.heads))].toSorted((a, b) => a - b),
    })
    if (sealed === undefined) return
    this.#duplicates += sealed.duplicates
    const entry: ManifestEntry = {
      ...sealed.meta,
      file: segmentFileName(id),
      bytes: sealed.bytes.length,
      ...(this.#judgedMs === undefined ? {} : { judgedMs: this.#judgedMs }),
    }
    await writeWhole(disk, join(folder, 'segments'), entry.file, [sealed.bytes])
    this.#outputs.push(entry)
  }
}

function guarded<T>(entry: ManifestEntry, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw new DamagedInput(entry, thrown)
  }
}
