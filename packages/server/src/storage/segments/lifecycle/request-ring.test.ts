// The ring of requests: what it holds it finds, what it pushed out it does not, and it stays quick when somebody sends many alike.

import { expect, test } from 'vitest'
import { RequestRing } from './request-ring.ts'

test('the newest requests are found, by ids and length', () => {
  const ring = new RequestRing(8)
  for (let i = 0; i < 100; i++) {
    ring.add({ ids: i * 7, length: i }, i * 1000)
    for (let j = 0; j <= i; j++) expect(ring.find({ ids: j * 7, length: j })).toEqual(i - j < 8 ? [j * 1000] : [])
    expect(ring.find({ ids: i * 7, length: i + 1 })).toEqual([])
  }
})

test('requests of one slot and of one key stand beside each other', () => {
  const ring = new RequestRing(8)
  for (const [ids, length, crc] of [
    [3, 10, 1],
    [11, 10, 2],
    [3, 10, 4],
    [3, 12, 5],
  ] as const)
    ring.add({ ids, length }, crc)
  expect(ring.find({ ids: 3, length: 10 })).toEqual([4, 1])
  expect(ring.find({ ids: 11, length: 10 })).toEqual([2])
})

test('of many with one key the newest are looked at', () => {
  const ring = new RequestRing(1024)
  for (let i = 0; i < 1000; i++) ring.add({ ids: 1, length: 1 }, i)
  const found = ring.find({ ids: 1, length: 1 })
  expect(found[0]).toBe(999)
  expect(found.length).toBe(64)
})
