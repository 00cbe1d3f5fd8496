// The filters that a seal builds: one for each block, and one for the whole segment.

import type { ByteWriter } from './bytes.ts'
import { addToFilter, BLOCK_BITS, filterWords, HashSet, saltHash, SEGMENT_BITS } from './filter.ts'
import type { Head, HeadGroups } from './head.ts'
import type { Scratch } from './scratch.ts'
import { tenantSalt } from './seal-meta.ts'

/** Values that give more than one hash, names and groups: added to the distinct KeyValues when the filter is sized. */
const FURTHER_HASHES = 1024
/** A power of two. */
const RECENT = 4096
const NO_WORDS = new Uint32Array(0)
/** Memory for more hashes is given back. */
const MAX_SET = 1 << 18

/** Rows [from, to) of the order. */
export interface BlockRows {
  readonly from: number
  readonly to: number
  readonly block: number
}

export interface BlockFilter {
  readonly words: number
  /** The head's numbers of the block's resources. */
  readonly resources: number[]
}

/** Keeps its memory for the next seal. */
export class SealFilters {
  #set = new HashSet(4096)
  /** Hashes that were seen of late: most of a row's are among them and in the block's set already. */
  readonly #recent = new Int32Array(RECENT)
  #segment: Uint32Array = NO_WORDS
  /** Memory for a block's. */
  #block: Uint32Array = NO_WORDS
  /** Block + 1 that last had the head's resource or scope. */
  #resourceSeen: Uint32Array = NO_WORDS
  #scopeSeen: Uint32Array = NO_WORDS

  /** Begins a segment with so many distinct KeyValues. */
  begin(head: Head, keyValues: number, scratch: Scratch): void {
    this.#segment = scratch.words(filterWords(keyValues + FURTHER_HASHES, SEGMENT_BITS))
    this.#resourceSeen = scratch.words(head.resources.capacity)
    this.#scopeSeen = scratch.words(head.scopes.capacity)
  }

  /** The segment's. */
  get segment(): Uint32Array {
    return this.#segment
  }

  /** Writes the filter of rows [from, to) of the order, a block of one tenant. */
  add(head: Head, rows: Uint32Array, { from, to, block }: BlockRows, out: ByteWriter): BlockFilter {
    const set = this.#set
    set.clear()
    // An empty place looks like a hash of 0 that was seen, so that one is always in.
    set.add(0)
    this.#rows(head, rows, from, to)
    const resources: number[] = []
    const { resource, scope } = head
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      if (this.#group(head.resources, resource[row] as number, this.#resourceSeen, block + 1))
        resources.push(resource[row] as number)
      this.#group(head.scopes, scope[row] as number, this.#scopeSeen, block + 1)
    }
    const salt = tenantSalt(head.tenantName(head.tenantOf(rows[from] as number)))
    const hashes = set.values()
    const words = filterWords(hashes.length, BLOCK_BITS)
    if (this.#block.length < words) this.#block = new Uint32Array(words * 2)
    const filter = this.#block.subarray(0, words).fill(0)
    for (let i = 0; i < hashes.length; i++) {
      const hash = saltHash(hashes[i] as number, salt)
      addToFilter(this.#segment, hash)
      addToFilter(filter, hash)
    }
    out.words(filter)
    if (set.count > MAX_SET) {
      this.#set = new HashSet(4096)
      this.#block = NO_WORDS
    }
    return { words, resources }
  }

  #rows(head: Head, rows: Uint32Array, from: number, to: number): void {
    const { hashes, hashStart, nameHash } = head
    const set = this.#set
    const recent = this.#recent.fill(0)
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      const end = hashStart[row + 1] as number
      for (let at = hashStart[row] as number; at < end; at++) {
        const hash = (hashes[at] as number) | 0
        if (recent[hash & (RECENT - 1)] === hash) continue
        recent[hash & (RECENT - 1)] = hash
        set.add(hash)
      }
      const name = nameKey(nameHash[row] as number) | 0
      if (recent[name & (RECENT - 1)] === name) continue
      recent[name & (RECENT - 1)] = name
      set.add(name)
    }
  }

  /** True where the group is new to the block. */
  #group(table: HeadGroups, group: number, seen: Uint32Array, stamp: number): boolean {
    if (seen[group] === stamp) return false
    seen[group] = stamp
    const end = table.hashStart[group + 1] as number
    for (let at = table.hashStart[group] as number; at < end; at++) this.#set.add(table.hashes[at] as number)
    return true
  }
}

/** Names stand in the filters beside attributes, under hashes of their own. */
export function nameKey(nameHash: number): number {
  return (nameHash ^ 0x6e616d65) >>> 0
}
