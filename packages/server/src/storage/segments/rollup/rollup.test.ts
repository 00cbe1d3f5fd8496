// Rollup files: what is written is read, cells add up in any order and grouping, damage is found, merging loses nothing.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, constantFrom, integer, property, record, tuple, uniqueArray } from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { SpoorError } from '@spoor/core/base/errors'
import { DURATION_BUCKETS } from '@spoor/core/model/duration-histogram'
import { nodeDisk } from '../../../pipeline/spool/disk.ts'
import { OpenFiles } from '../segment-file.ts'
import { compareCells, MAX_OPERATIONS, mergeCells, type RollupCell, type RollupOperation } from './cells.ts'
import { CountTable } from './count-table.ts'
import { RollupEncoder, type RollupEntry, RollupFile, rollupFileName } from './file.ts'
import { mergeFiles, planMerge } from './merging.ts'

const folder = mkdtempSync(join(tmpdir(), 'spoor-rollup-'))
const files = new OpenFiles(8, nodeDisk())

afterAll(() => {
  files.closeAll()
  rmSync(folder, { recursive: true, force: true })
})

const counts = integer({ min: 1, max: 2 ** 40 })
const texts = constantFrom('', 'cart', 'größe', 'GET /')
const hours = constantFrom(0, 495_000, 495_001, 5_124_095)

const cellArbitrary = hours.chain((hour) =>
  record({
    tenant: constantFrom('', 'other'),
    hour: constantFrom(hour),
    operations: uniqueArray(
      record({
        service: texts,
        name: texts,
        kind: integer({ min: 0, max: 255 }),
        minutes: uniqueArray(
          record({
            minute: integer({ min: 0, max: 59 }).map((minute) => hour * 60 + minute),
            count: counts,
            errors: counts,
            durations: uniqueArray(tuple(integer({ min: 0, max: DURATION_BUCKETS - 1 }), counts), {
              selector: ([bucket]) => bucket,
            }).map((buckets) => buckets.toSorted(([a], [b]) => a - b).flat()),
          }),
          { selector: ({ minute }) => minute, minLength: 1 },
        ).map((minutes) => minutes.toSorted((a, b) => a.minute - b.minute)),
      }),
      { selector: ({ service, name, kind }) => JSON.stringify([service, name, kind]), maxLength: 5 },
    ),
    links: uniqueArray(record({ parent: texts, child: texts, calls: integer(), errors: integer({ min: 1 }) }), {
      selector: ({ parent, child }) => JSON.stringify([parent, child]),
    }),
  }),
)

const cellsArbitrary = uniqueArray(cellArbitrary, { selector: ({ tenant, hour }) => `${hour}/${tenant}` }).map(
  (cells) => cells.toSorted(compareCells),
)

let next = 1

function write(cells: readonly RollupCell[], level: number = 0): RollupFile {
  const id = next++
  const encoder = new RollupEncoder({ id, heads: [id], level })
  for (const cell of cells) encoder.add(cell)
  return save(encoder.finish())
}

function save({ meta, bytes }: ReturnType<RollupEncoder['finish']>): RollupFile {
  const entry: RollupEntry = { ...meta, file: rollupFileName(meta.id), bytes: bytes.length }
  writeFileSync(join(folder, entry.file), bytes)
  return new RollupFile(entry, join(folder, entry.file), files)
}

function read(file: RollupFile): RollupCell[] {
  return file.places.map((place) => file.cell(place))
}

function none(): { operations: number; links: number } {
  return { operations: 0, links: 0 }
}

/** Operations and links in an order of their own. */
function comparable(cells: readonly RollupCell[]): unknown {
  const sorted = <T>(list: readonly T[]): T[] =>
    list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return cells.toSorted(compareCells).map(({ operations, links, ...rest }) => ({
    ...rest,
    operations: sorted(operations),
    links: sorted(links),
  }))
}

test('a file gives back its cells, and the sums of their minutes', () => {
  assert(
    property(cellsArbitrary, (cells) => {
      const file = write(cells)
      expect(read(file)).toEqual(cells)
      for (const [i, place] of file.places.entries()) {
        const { operations, links } = file.sums(place)
        expect(links).toEqual(cells[i]?.links)
        const total = (operation: RollupOperation | undefined, key: 'count' | 'errors'): number =>
          (operation?.minutes ?? []).reduce((sum, minute) => sum + minute[key], 0)
        for (const [o, { count, errors }] of operations.entries()) {
          expect(count).toBe(total(cells[i]?.operations[o], 'count'))
          expect(errors).toBe(total(cells[i]?.operations[o], 'errors'))
        }
      }
      file.close()
    }),
    { numRuns: 60 },
  )
})

test('cells add up in any order and grouping', () => {
  assert(
    property(array(cellArbitrary), array(cellArbitrary), array(cellArbitrary), (a, b, c) => {
      const overflow = none()
      const once = mergeCells([...a, ...b, ...c], overflow)
      const twice = mergeCells([...mergeCells([...c, ...a], overflow), ...mergeCells(b, overflow)], overflow)
      expect(comparable(twice)).toEqual(comparable(once))
      expect(overflow).toEqual(none())
    }),
    { numRuns: 60 },
  )
})

test('merging files is adding their cells, without hours that are past', () => {
  assert(
    property(array(cellsArbitrary, { minLength: 1, maxLength: 3 }), hours, (parts, oldest) => {
      const inputs = parts.map((cells) => write(cells))
      const merge = mergeFiles(next++, inputs, oldest, none())
      let turn = merge.next()
      while (turn.done !== true) turn = merge.next()
      const kept = parts.flat().filter(({ hour }) => hour >= oldest)
      const merged = turn.value === undefined ? [] : read(save(turn.value))
      expect(comparable(merged)).toEqual(comparable(mergeCells(kept, none())))
      for (const input of inputs) input.close()
    }),
    { numRuns: 40 },
  )
})

test('a bit that flipped anywhere in a file is found, or changes nothing', () => {
  const minutes = [{ minute: 60, count: 3, errors: 1, durations: [100, 3] }]
  const operations = ['a', 'b'].map((name) => ({ service: 'cart', name, kind: 2, minutes }))
  const cells: RollupCell[] = [
    { tenant: 't', hour: 1, operations, links: [{ parent: 'web', child: 'cart', calls: 3, errors: 1 }] },
  ]
  const { entry, path } = write(cells)
  const sound = readFileSync(path)
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const bytes = Buffer.from(sound)
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    writeFileSync(path, bytes)
    const damaged = new RollupFile(entry, path, files)
    let got: unknown
    try {
      got = read(damaged)
    } catch (thrown) {
      expect(['segment_damaged', 'segment_version']).toContain(thrown instanceof SpoorError ? thrown.code : thrown)
      got = cells
    }
    expect(got).toEqual(cells)
    damaged.close()
  }
})

test('operations beyond the bound are counted under no name; their spans are not lost', () => {
  const minutes = [{ minute: 60, count: 2, errors: 1, durations: [5, 2] }]
  const operations = Array.from({ length: MAX_OPERATIONS + 10 }, (_, i) => ({
    service: 'cart',
    name: `GET /${i}`,
    kind: 2,
    minutes,
  }))
  const overflow = none()
  const [cell] = mergeCells([{ tenant: '', hour: 1, operations, links: [] }], overflow)
  expect(cell?.operations.length).toBe(MAX_OPERATIONS + 1)
  expect(overflow.operations).toBe(10)
  const rest = cell?.operations.find(({ name }) => name === '')
  expect(rest).toMatchObject({ service: 'cart', kind: 0, minutes: [{ count: 20, errors: 10, durations: [5, 20] }] })
})

test('eight files of a level are merged, past ones dropped', () => {
  const entry = (id: number, level: number, maxHour: number): RollupEntry => ({
    id,
    heads: [id],
    level,
    minHour: 0,
    maxHour,
    file: rollupFileName(id),
    bytes: 100,
  })
  const entries = [entry(1, 1, 9), entry(2, 0, 3), ...Array.from({ length: 9 }, (_, i) => entry(3 + i, 0, 9))]
  const { merge, drop } = planMerge(entries, 5)
  expect(merge.map(({ id }) => id)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  expect(drop.map(({ id }) => id)).toEqual([2])
  expect(planMerge(entries.slice(0, 5), 0)).toEqual({ merge: [], drop: [] })
})

test('numbers are counted as a map counts them', () => {
  const table = new CountTable()
  assert(
    property(array(integer({ min: 0, max: 0xffff_ffff }), { maxLength: 300 }), (keys) => {
      table.clear()
      const wanted = new Map<number, number>()
      for (const key of keys.flatMap((value) => [value, value >>> 1, value % 7])) {
        table.add(key)
        wanted.set(key, (wanted.get(key) ?? 0) + 1)
      }
      const found = new Map<number, number>()
      const sorted = table.sorted()
      for (const key of sorted) found.set(key, table.count(key))
      expect([...sorted]).toEqual([...wanted.keys()].toSorted((a, b) => a - b))
      expect(found).toEqual(wanted)
    }),
  )
  for (let i = 0; i < 50_000; i++) table.add(i)
  table.clear()
  table.add(3)
  expect([...table.sorted()]).toEqual([3])
  expect(table.count(3)).toBe(1)
})
