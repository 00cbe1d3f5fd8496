// Which rollup files become one, and how: eight of a level give one of the next, so that their number stays small and a count
// is copied a few times in its life. Cells are read and written one by one: memory does not grow with the files.

import { compareCells, mergeCells, type Overflow } from './cells.ts'
import { type CellPlace, RollupEncoder, type RollupEntry, type RollupFile, type RollupMeta } from './file.ts'

const FAN_IN = 8
/** Files of this size are merged no more. */
const MAX_BYTES = 64 << 20

export interface MergePlan {
  readonly merge: readonly RollupEntry[]
  /** All their hours are past. */
  readonly drop: readonly RollupEntry[]
}

/** `oldestHour`: hours before it have gone. Nothing to do: two empty lists. */
export function planMerge(entries: readonly RollupEntry[], oldestHour: number): MergePlan {
  const drop = entries.filter((entry) => entry.maxHour < oldestHour)
  const byLevel = new Map<number, RollupEntry[]>()
  for (const entry of entries) {
    if (entry.maxHour < oldestHour || entry.bytes > MAX_BYTES) continue
    const level = byLevel.get(entry.level)
    if (level === undefined) byLevel.set(entry.level, [entry])
    else level.push(entry)
  }
  const full = [...byLevel.values()].find((level) => level.length >= FAN_IN)
  return { merge: full?.slice(0, FAN_IN) ?? [], drop }
}

/**
 * The sum of the files, without hours before `oldestHour`; undefined where nothing is left. Yields between cells, so that
 * more urgent work gets its turn. Throws SpoorError `segment_damaged`.
 */
export function* mergeFiles(
  id: number,
  files: readonly RollupFile[],
  oldestHour: number,
  overflow: Overflow,
): Generator<void, { readonly meta: RollupMeta; readonly bytes: Uint8Array } | undefined> {
  const cells = new Map<string, { tenant: string; hour: number; places: { file: RollupFile; place: CellPlace }[] }>()
  for (const file of files) {
    for (const place of file.places) {
      const { tenant, hour } = place
      if (hour < oldestHour) continue
      const key = `${hour}/${tenant}`
      const cell = cells.get(key) ?? { tenant, hour, places: [] }
      cells.set(key, cell)
      cell.places.push({ file, place })
    }
    yield
  }
  if (cells.size === 0) return undefined
  const encoder = new RollupEncoder({
    id,
    heads: files.flatMap((file) => file.entry.heads),
    level: files.reduce((level, file) => Math.max(level, file.entry.level), 0) + 1,
  })
  const order = [...cells.values()].map((cell) => ({ ...cell, operations: [], links: [] })).toSorted(compareCells)
  for (const { places } of order) {
    const [cell] = mergeCells(
      places.map(({ file, place }) => file.cell(place)),
      overflow,
    )
    if (cell !== undefined) encoder.add(cell)
    yield
  }
  return encoder.finish()
}
