// Hashes: independent of where bytes lie, well spread, and the same for a value and for the texts that name it.

import { anyValueArbitrary, keyArbitrary, textArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import type { AnyValue } from '@spoor/core/model/span'
import { valueText } from '@spoor/core/model/value-text'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { attributeHash, attributeHashes, hashBytes, hashesOfText, hashText, keyHash } from './hash.ts'

test('a hash does not hang on the place of the bytes or on what lies around them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(7), fc.nat(255), fc.integer(), (bytes, shift, fill, seed) => {
      const around = new Uint8Array(60).fill(fill)
      around.set(bytes, shift)
      expect(hashBytes(around, shift, bytes.length, seed)).toBe(hashBytes(bytes, 0, bytes.length, seed))
    }),
  )
})

test('every bit of the input and the seed moves about half of the bits of the hash', () => {
  const random = createRandom(1)
  for (const length of [1, 3, 4, 7, 8, 9, 15, 16, 17, 40]) {
    for (let bit = 0; bit < length * 8 + 32; bit++) {
      let moved = 0
      const rounds = 200
      for (let round = 0; round < rounds; round++) {
        const bytes = Uint8Array.from({ length }, () => random.below(256))
        const seed = random.word()
        const before = hashBytes(bytes, 0, length, seed)
        if (bit < length * 8) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const otherSeed = bit < length * 8 ? seed : seed ^ (1 << (bit - length * 8))
        for (let rest = before ^ hashBytes(bytes, 0, length, otherSeed); rest !== 0; rest &= rest - 1) moved++
      }
      // 32 bits x 200 rounds: the mean is 3,200; 2,600 and 3,800 are far over ten standard deviations away for a fair one.
      expect(moved, `length ${length}, bit ${bit}`).toBeGreaterThan(2600)
      expect(moved, `length ${length}, bit ${bit}`).toBeLessThan(3800)
    }
  }
})

test('similar keys and values do not collide more than chance has it', () => {
  const hashes = new Set<number>()
  const count = 400_000
  for (let i = 0; i < count / 4; i++) {
    hashes.add(attributeHash('user.id', { type: 'string', value: `user-${i}` }))
    hashes.add(attributeHash('user.id', { type: 'int', value: BigInt(i) }))
    hashes.add(attributeHash('http.url', { type: 'string', value: `http://shop:8080/api/cart/list/${i.toString(36)}` }))
    hashes.add(keyHash(`attribute-${i}`))
  }
  // By chance: 400,000^2 / 2 / 2^32 = 18.6 collisions.
  expect(count - hashes.size).toBeLessThan(60)
})

test('key, type and value all count', () => {
  const values: AnyValue[] = [
    { type: 'empty' },
    { type: 'string', value: '' },
    { type: 'bytes', value: new Uint8Array() },
    { type: 'string', value: '1' },
    { type: 'int', value: 1n },
    { type: 'double', value: 1 },
    { type: 'bool', value: true },
    { type: 'bool', value: false },
    { type: 'bytes', value: Uint8Array.of(1) },
    { type: 'array', value: [] },
    { type: 'map', value: [] },
  ]
  const hashes = ['a', 'b', ''].flatMap((key) => [keyHash(key), ...values.map((value) => attributeHash(key, value))])
  expect(new Set(hashes).size).toBe(hashes.length)
})

test('all NaNs are one value, and so are 0 and -0', () => {
  expect(attributeHash('a', { type: 'double', value: -0 })).toBe(attributeHash('a', { type: 'double', value: 0 }))
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, 0xfff8000000000123n)
  const odd = attributeHash('a', { type: 'double', value: view.getFloat64(0) })
  expect(odd).toBe(attributeHash('a', { type: 'double', value: Number.NaN }))
})

test('what a plain value is shown as finds it', () => {
  fc.assert(
    fc.property(keyArbitrary, anyValueArbitrary, (key, value) => {
      if (value.type === 'empty') return
      expect(hashesOfText(key, valueText(value))).toContain(attributeHash(key, value))
    }),
  )
})

test('an array is found by each element, a map by each path', () => {
  const list: AnyValue = {
    type: 'array',
    value: [
      { type: 'string', value: 'x' },
      { type: 'int', value: 7n },
    ],
  }
  const map: AnyValue = { type: 'map', value: [{ key: 'b', value: list }] }
  const hashes = attributeHashes('a', map)
  const paths: [string, AnyValue][] = [
    ['a.b', { type: 'string', value: 'x' }],
    ['a.b', { type: 'int', value: 7n }],
    ['a.b', { type: 'string', value: '["x",7]' }],
    ['a', { type: 'string', value: '{"b":["x",7]}' }],
  ]
  for (const [path, value] of paths) expect(hashes).toContain(attributeHash(path, value))
  expect(hashes).toContain(keyHash('a'))
  expect(hashes).toContain(keyHash('a.b'))
  expect(hashes).toHaveLength(6)
})

test('text hashes as its UTF-8 bytes', () => {
  fc.assert(
    fc.property(textArbitrary, fc.integer(), (text, seed) => {
      const bytes = Buffer.from(text)
      expect(hashText(text, seed)).toBe(hashBytes(bytes, 0, bytes.length, seed))
    }),
  )
})
