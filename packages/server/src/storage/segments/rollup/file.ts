// The bytes of a rollup file (docs/format.md): the same container as a segment, with other parts. Cells of a tenant and hour
// stand in pages, so that one is read without the others, and the durations, which are most of it, apart from the rest.

import { type ByteList, ByteListWriter, ByteReader, ByteWriter, listEntry, readByteList } from '../bytes.ts'
import { ROLLUP_CONTAINER } from '../container.ts'
import { PartWriter } from '../part-writer.ts'
import { type OpenFiles, SegmentFile } from '../segment-file.ts'
import { type RollupCell, type RollupLink, type RollupMinute, type RollupOperation } from './cells.ts'

export const ROLLUP_PART = {
  /** JSON: RollupMeta. */
  meta: 1,
  /** Byte list: tenants, services and names. */
  texts: 2,
  /** Columns, one entry a cell. */
  cells: 3,
  /** Pages: operations with their sums, and links. */
  sums: 4,
  /** Pages: minutes of the operations. */
  minutes: 5,
} as const

/** A page closes at so many bytes. */
const PAGE_BYTES = 16 << 10

export interface RollupMeta {
  readonly id: number
  /** Heads whose spans it counts. */
  readonly heads: readonly number[]
  readonly minHour: number
  readonly maxHour: number
  /** How often it was merged, at most. */
  readonly level: number
}

/** As the manifest lists it. */
export interface RollupEntry extends RollupMeta {
  readonly file: string
  readonly bytes: number
}

export function rollupFileName(id: number): string {
  return `${id.toString(16).padStart(12, '0')}.rollup`
}

/** A cell as summed over its hour. */
export interface CellSums {
  readonly operations: readonly OperationSum[]
  readonly links: readonly RollupLink[]
}

export interface OperationSum {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly count: number
  readonly errors: number
}

/** Writes a rollup cell by cell. Cells come in the order of compareCells, each tenant and hour once. */
export class RollupEncoder {
  readonly #meta: Omit<RollupMeta, 'minHour' | 'maxHour'>
  readonly #parts = new PartWriter(ROLLUP_CONTAINER)
  readonly #texts = new TextTable()
  readonly #sums: PageWriter
  readonly #minutes: PageWriter
  readonly #columns: readonly number[][] = [[], [], [], [], [], []]
  #minHour = Number.POSITIVE_INFINITY
  #maxHour = 0

  constructor(meta: Omit<RollupMeta, 'minHour' | 'maxHour'>) {
    this.#meta = meta
    this.#parts.begin(meta.id)
    this.#sums = new PageWriter(this.#parts, ROLLUP_PART.sums)
    this.#minutes = new PageWriter(this.#parts, ROLLUP_PART.minutes)
  }

  add(cell: RollupCell): void {
    const sums = this.#sums.open()
    const minutes = this.#minutes.open()
    const entry = [this.#texts.number(cell.tenant), cell.hour, sums.page, sums.at, minutes.page, minutes.at]
    for (const [i, value] of entry.entries()) this.#columns[i]?.push(value)
    writeSums(this.#sums.out, this.#texts, cell)
    writeMinutes(this.#minutes.out, cell)
    this.#minHour = Math.min(this.#minHour, cell.hour)
    this.#maxHour = Math.max(this.#maxHour, cell.hour)
  }

  /** The whole file. */
  finish(): { readonly meta: RollupMeta; readonly bytes: Uint8Array } {
    this.#sums.finish()
    this.#minutes.finish()
    const out = new ByteWriter(1 << 14)
    this.#texts.writeTo(out)
    this.#parts.add(ROLLUP_PART.texts, 0, out.view())
    out.reset()
    out.u32(this.#columns[0]?.length ?? 0)
    for (const column of this.#columns) out.words(Uint32Array.from(column))
    this.#parts.add(ROLLUP_PART.cells, 0, out.view())
    const minHour = Math.min(this.#minHour, this.#maxHour)
    const meta: RollupMeta = { ...this.#meta, minHour, maxHour: this.#maxHour }
    this.#parts.add(ROLLUP_PART.meta, 0, new TextEncoder().encode(JSON.stringify(meta)))
    return { meta, bytes: this.#parts.finish() }
  }
}

class TextTable {
  readonly #numbers = new Map<string, number>()
  readonly #list = new ByteListWriter()
  readonly #encoder = new TextEncoder()

  number(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#numbers.size
    this.#numbers.set(text, number)
    this.#list.add(this.#encoder.encode(text))
    return number
  }

  writeTo(out: ByteWriter): void {
    this.#list.writeTo(out)
  }
}

class PageWriter {
  readonly out: ByteWriter = new ByteWriter(PAGE_BYTES)
  readonly #parts: PartWriter
  readonly #kind: number
  #page = 0

  constructor(parts: PartWriter, kind: number) {
    this.#parts = parts
    this.#kind = kind
  }

  /** Where the next cell begins. */
  open(): { readonly page: number; readonly at: number } {
    if (this.out.length >= PAGE_BYTES) this.#close()
    return { page: this.#page, at: this.out.length }
  }

  #close(): void {
    this.#parts.add(this.#kind, this.#page++, this.out.view())
    this.out.reset()
  }

  finish(): void {
    if (this.out.length > 0) this.#close()
  }
}

function writeSums(out: ByteWriter, texts: TextTable, { operations, links }: RollupCell): void {
  out.varint(operations.length)
  for (const { service, name, kind, minutes } of operations) {
    out.varint(texts.number(service))
    out.varint(texts.number(name))
    out.varint(kind)
    count(
      out,
      minutes.reduce((sum, minute) => sum + minute.count, 0),
    )
    count(
      out,
      minutes.reduce((sum, minute) => sum + minute.errors, 0),
    )
  }
  out.varint(links.length)
  for (const { parent, child, calls, errors } of links) {
    out.varint(texts.number(parent))
    out.varint(texts.number(child))
    count(out, zigzag(calls))
    count(out, zigzag(errors))
  }
}

function writeMinutes(out: ByteWriter, { hour, operations }: RollupCell): void {
  for (const { minutes } of operations) {
    out.varint(minutes.length)
    for (const { minute, count: spans, errors, durations } of minutes) {
      out.varint(minute - hour * 60)
      count(out, spans)
      count(out, errors)
      out.varint(durations.length / 2)
      let before = 0
      for (let i = 0; i < durations.length; i += 2) {
        const bucket = durations[i] as number
        out.varint(bucket - before)
        count(out, durations[i + 1] as number)
        before = bucket
      }
    }
  }
}

/** A whole number below 2^53. */
function count(out: ByteWriter, value: number): void {
  out.varint64(value >>> 0, Math.floor(value / 0x1_0000_0000))
}

function readCount(reader: ByteReader): number {
  const low = reader.varint64()
  return low + reader.high * 0x1_0000_0000
}

function zigzag(value: number): number {
  return value < 0 ? -value * 2 - 1 : value * 2
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

export interface CellPlace {
  readonly tenant: string
  readonly hour: number
  readonly sumPage: number
  readonly sumAt: number
  readonly minutePage: number
  readonly minuteAt: number
}

/** Reads one rollup file. Throws SpoorError `segment_damaged` or `segment_version`. */
export class RollupFile {
  readonly entry: RollupEntry
  readonly #file: SegmentFile
  readonly #pages = new Map<number, { readonly index: number; readonly bytes: Uint8Array }>()
  #texts: ByteList | undefined
  #cells: readonly CellPlace[] | undefined

  constructor(entry: RollupEntry, path: string, files: OpenFiles) {
    this.entry = entry
    this.#file = new SegmentFile(path, files, ROLLUP_CONTAINER)
  }

  get path(): string {
    return this.#file.path
  }

  /** Frees what is held of it. */
  close(): void {
    this.#pages.clear()
    this.#texts = undefined
    this.#cells = undefined
    this.#file.close()
  }

  /** Throws where it is not there, of a newer format, or plainly damaged. */
  check(): void {
    this.#file.check()
  }

  /** Tenants and hours that it has. */
  get places(): readonly CellPlace[] {
    this.#cells ??= this.#readPlaces()
    return this.#cells
  }

  #part(kind: number, index: number): Uint8Array {
    return this.#file.part(kind, index) ?? new Uint8Array(0)
  }

  /** The page of a kind that was read last: cells are mostly read in order. */
  #page(kind: number, index: number): Uint8Array {
    const last = this.#pages.get(kind)
    if (last?.index === index) return last.bytes
    const bytes = this.#part(kind, index)
    this.#pages.set(kind, { index, bytes })
    return bytes
  }

  #text(number: number): string {
    this.#texts ??= readByteList(new ByteReader(this.#part(ROLLUP_PART.texts, 0)))
    return new TextDecoder().decode(listEntry(this.#texts, number))
  }

  #readPlaces(): readonly CellPlace[] {
    const reader = new ByteReader(this.#part(ROLLUP_PART.cells, 0))
    const cells = reader.u32()
    const column = (): Uint32Array => reader.words(cells)
    const [tenant, hour, sumPage, sumAt, minutePage, minuteAt] = [
      column(),
      column(),
      column(),
      column(),
      column(),
      column(),
    ]
    return Array.from({ length: cells }, (_, i) => ({
      tenant: this.#text(tenant[i] as number),
      hour: hour[i] as number,
      sumPage: sumPage[i] as number,
      sumAt: sumAt[i] as number,
      minutePage: minutePage[i] as number,
      minuteAt: minuteAt[i] as number,
    }))
  }

  /** One that places has. */
  sums(place: CellPlace): CellSums {
    const reader = new ByteReader(this.#page(ROLLUP_PART.sums, place.sumPage), place.sumAt)
    const operations: OperationSum[] = []
    for (let left = reader.varint(); left > 0; left--) {
      const service = this.#text(reader.varint())
      const name = this.#text(reader.varint())
      const kind = reader.varint()
      operations.push({ service, name, kind, count: readCount(reader), errors: readCount(reader) })
    }
    const links: RollupLink[] = []
    for (let left = reader.varint(); left > 0; left--) {
      const parent = this.#text(reader.varint())
      const child = this.#text(reader.varint())
      links.push({ parent, child, calls: unzigzag(readCount(reader)), errors: unzigzag(readCount(reader)) })
    }
    return { operations, links }
  }

  /** The whole of a cell. */
  cell(place: CellPlace): RollupCell {
    const { operations, links } = this.sums(place)
    const reader = new ByteReader(this.#page(ROLLUP_PART.minutes, place.minutePage), place.minuteAt)
    const full = operations.map(({ service, name, kind }): RollupOperation => {
      const minutes: RollupMinute[] = []
      for (let left = reader.varint(); left > 0; left--) minutes.push(readMinute(reader, place.hour))
      return { service, name, kind, minutes }
    })
    return { tenant: place.tenant, hour: place.hour, operations: full, links }
  }
}

function readMinute(reader: ByteReader, hour: number): RollupMinute {
  const minute = hour * 60 + reader.varint()
  const spans = readCount(reader)
  const errors = readCount(reader)
  const durations: number[] = []
  let bucket = 0
  for (let left = reader.varint(); left > 0; left--) {
    bucket += reader.varint()
    durations.push(bucket, readCount(reader))
  }
  return { minute, count: spans, errors, durations }
}
