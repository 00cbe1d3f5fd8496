// The 32-bit hashes of names and attributes that batches, heads and segments search by. They are defined on meaning: the
// key's text, the type and the content of the value, never on how the bytes were padded or ordered. A hash only ever
// makes candidates; whoever finds one compares the bytes. The values are stored in segments, so a change here is a
// change of the storage format (docs/format.md).
//
// hash(bytes, seed): two 32-bit lanes take turns at little-endian words of four bytes; the last eight bytes are read once
// more where the length is no multiple of eight. Made for short texts: few steps, no byte-by-byte tail.

import { eachSearchable, valuesOfText, type PlainValue } from '@spoor/core/model/value-text'
import type { AnyValue } from '@spoor/core/model/span'
import { wordAt } from '../codec/words.ts'

// Odd constants with well spread bits (fractions of the golden ratio and of square roots of primes).
const LANE_A: number = 0x9e3779b1 | 0
const LANE_B: number = 0x85ebca77 | 0
const LENGTH = 0xc2b2ae3d | 0
const JOIN = 0x27d4eb2f | 0
const TYPE = 0x165667b1 | 0

/** What a value's hash is seeded with, beside the key's hash. Part of the storage format. */
export const HASH_EMPTY = 1
export const HASH_STRING = 2
export const HASH_BOOL = 3
export const HASH_INT = 4
export const HASH_DOUBLE = 5
export const HASH_BYTES = 6

/** The event name is searched as this attribute (Jaeger v1's log field `event`). */
export const EVENT_NAME_KEY = 'event'

/** The seed of a value's hash. */
export function valueSeed(keyHash: number, type: number): number {
  return (keyHash ^ Math.imul(type, TYPE)) | 0
}

/** The end of every hash: joins the lanes and lets every bit of them reach every bit of the result. Signed. */
export function finishHash(laneA: number, laneB: number): number {
  let hash = Math.imul(laneA, JOIN) ^ ((laneB << 16) | (laneB >>> 16))
  hash = Math.imul(hash ^ (hash >>> 15), LANE_B)
  hash = Math.imul(hash ^ (hash >>> 13), LENGTH)
  return hash ^ (hash >>> 16)
}

/** The lanes' start. */
export function startLaneB(length: number, seed: number): number {
  return Math.imul(length ^ seed, LENGTH)
}

export function stepA(lane: number, word: number): number {
  const mixed = Math.imul(lane ^ word, LANE_A)
  return (mixed << 15) | (mixed >>> 17)
}

export function stepB(lane: number, word: number): number {
  const mixed = Math.imul(lane ^ word, LANE_B)
  return (mixed << 13) | (mixed >>> 19)
}

/** Up to three bytes as one word: the first, the middle, the last. */
export function shortWord(bytes: Uint8Array, offset: number, length: number): number {
  if (length === 0) return 0
  const middle = bytes[offset + (length >> 1)] ?? 0
  return (bytes[offset] ?? 0) | (middle << 8) | ((bytes[offset + length - 1] ?? 0) << 16)
}

/** Unsigned 32 bits of `length` bytes from `offset`. Independent of alignment and of the buffer around. */
export function hashBytes(bytes: Uint8Array, offset: number, length: number, seed: number = 0): number {
  let laneA = seed | 0
  let laneB = startLaneB(length, seed)
  const end = offset + length
  let at = offset
  for (; at + 8 < end; at += 8) {
    laneA = stepA(laneA, wordAt(bytes, at))
    laneB = stepB(laneB, wordAt(bytes, at + 4))
  }
  if (length >= 8) {
    laneA = stepA(laneA, wordAt(bytes, end - 8))
    laneB = stepB(laneB, wordAt(bytes, end - 4))
  } else if (length >= 4) {
    laneA = stepA(laneA, wordAt(bytes, offset))
    laneB = stepB(laneB, wordAt(bytes, end - 4))
  } else {
    laneA = stepA(laneA, shortWord(bytes, offset, length))
  }
  return finishHash(laneA, laneB) >>> 0
}

/** hashBytes of the eight bytes low, high (little-endian); signed. */
export function hashWords(low: number, high: number, seed: number): number {
  return finishHash(stepA(seed | 0, low), stepB(startLaneB(8, seed), high))
}

/** hashBytes of the one byte 0 or 1; signed. */
export function hashBool(value: boolean, seed: number): number {
  return finishHash(stepA(seed | 0, value ? 0x010101 : 0), startLaneB(1, seed))
}

/** hashBytes of no bytes; signed. */
export function hashNothing(seed: number): number {
  return finishHash(stepA(seed | 0, 0), startLaneB(0, seed))
}

/** High word of the one NaN; its low word is 0. */
export const NAN_HIGH = 0x7ff80000

/** True of NaN, infinities and -0: all NaNs hash as one value, and -0 hashes as 0. */
export function isOddDouble(low: number, high: number): boolean {
  return (high & 0x7ff00000) === 0x7ff00000 || (low === 0 && high === (0x80000000 | 0))
}

/** hash of a double; all NaNs are one value, and so are 0 and -0. Signed. */
export function hashDouble(value: number, seed: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value === 0 ? 0 : value, true)
  if (Number.isNaN(value)) return hashWords(0, NAN_HIGH, seed)
  return hashWords(view.getInt32(0, true), view.getInt32(4, true), seed)
}

function hashInt(value: bigint, seed: number): number {
  return hashWords(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), seed)
}

/** hashBytes of the UTF-8 form. */
export function hashText(text: string, seed: number = 0): number {
  const bytes = new TextEncoder().encode(text)
  return hashBytes(bytes, 0, bytes.length, seed)
}

/** The key-only hash, by which `exists` and ranges are searched. */
export function keyHash(key: string): number {
  return hashText(key)
}

function plainHash(key: number, value: PlainValue): number {
  switch (value.type) {
    case 'empty':
      return hashNothing(valueSeed(key, HASH_EMPTY)) >>> 0
    case 'string':
      return hashText(value.value, valueSeed(key, HASH_STRING))
    case 'bool':
      return hashBool(value.value, valueSeed(key, HASH_BOOL)) >>> 0
    case 'int':
      return hashInt(value.value, valueSeed(key, HASH_INT)) >>> 0
    case 'double':
      return hashDouble(value.value, valueSeed(key, HASH_DOUBLE)) >>> 0
    case 'bytes':
      return hashBytes(value.value, 0, value.value.length, valueSeed(key, HASH_BYTES))
  }
}

/** The hash of key and value together; of an array or map, that of its JSON text. */
export function attributeHash(key: string, value: AnyValue): number {
  return attributeHashes(key, value)[0] ?? 0
}

/** Every hash that an attribute gives its span: for each searchable value the attribute hash, then the key-only hash. */
export function attributeHashes(key: string, value: AnyValue): number[] {
  const hashes: number[] = []
  const keys = new Map<string, number>()
  eachSearchable(key, value, (path, plain) => {
    let hash = keys.get(path)
    const known = hash !== undefined
    hash ??= keyHash(path)
    keys.set(path, hash)
    hashes.push(plainHash(hash, plain))
    if (!known) hashes.push(hash)
  })
  return hashes
}

/**
 * The hashes of every value that the text of a Jaeger v1 tag search can mean: the string; the integer where it is a
 * canonical one; the double where it is numeric; the boolean; bytes where it is hexadecimal or base64. A span has the
 * tag only if it has one of these hashes.
 */
export function hashesOfText(key: string, text: string): number[] {
  const hash = keyHash(key)
  return valuesOfText(text).map((value) => plainHash(hash, value))
}
