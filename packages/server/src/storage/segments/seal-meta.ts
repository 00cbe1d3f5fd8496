// What a segment says of itself as a whole, and of each tenant.

import { hashText } from '../../wire/otlp/hash.ts'
import { BLOCK_STRAY, type SegmentMeta, type TenantMeta } from './format.ts'
import type { Stored } from './part-writer.ts'

/** Words of a piece in a list of them: rows [from, to) of the order, of one trace; its block; its first row there. */
export const PIECE_WORDS = 4
export const PIECE_TO = 1
export const PIECE_BLOCK = 2
export const PIECE_FIRST_ROW = 3

export interface BlockSummary {
  readonly tenant: number
  readonly flags: number
  readonly firstPiece: number
  readonly pieces: number
  readonly rows: number
  readonly minStart: bigint
  readonly maxStart: bigint
  readonly maxDuration: bigint
  readonly streams: readonly Stored[]
  /** Place and size of its filter, in words. */
  readonly filterAt: number
  readonly filterWords: number
  /** Sorted. */
  readonly resources: readonly number[]
}

/** A pair of words as one number. */
export function ns(column: Uint32Array, row: number): bigint {
  return (BigInt(column[row * 2 + 1] as number) << 32n) | BigInt(column[row * 2] as number)
}

/** What the hashes of a tenant's values are salted with in filters. */
export function tenantSalt(tenant: string): number {
  return hashText(tenant, 0x74656e61)
}

export function describeTenants(
  blocks: readonly BlockSummary[],
  nameOf: (tenant: number) => string,
): Pick<SegmentMeta, 'tenants' | 'minStartNs' | 'maxStartNs'> {
  const tenants: TenantMeta[] = []
  for (let from = 0; from < blocks.length;) {
    const tenant = (blocks[from] as BlockSummary).tenant
    let to = from
    while (to < blocks.length && blocks[to]?.tenant === tenant) to++
    tenants.push(describe(blocks.slice(from, to), from, nameOf(tenant)))
    from = to
  }
  return { tenants, ...bounds(blocks) }
}

function describe(blocks: readonly BlockSummary[], firstBlock: number, name: string): TenantMeta {
  return {
    name,
    spans: blocks.reduce((sum, block) => sum + block.rows, 0),
    firstBlock,
    blocks: blocks.length,
    strayBlocks: blocks.filter((block) => (block.flags & BLOCK_STRAY) !== 0).length,
    ...bounds(blocks),
  }
}

function bounds(blocks: readonly BlockSummary[]): { minStartNs: string; maxStartNs: string } {
  let min = blocks[0]?.minStart ?? 0n
  let max = blocks[0]?.maxStart ?? 0n
  for (const block of blocks) {
    if (block.minStart < min) min = block.minStart
    if (block.maxStart > max) max = block.maxStart
  }
  return { minStartNs: String(min), maxStartNs: String(max) }
}
