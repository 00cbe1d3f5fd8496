// Buffers that are lent and given back: never to two at a time, and never without bound.

import { describe, expect, it } from 'vitest'
import { createBufferPool } from './buffer-pool.ts'

describe('buffer pool', () => {
  it('hands out what was given back, and nothing twice', () => {
    const pool = createBufferPool()
    const first = pool.take(100_000)
    const second = pool.take(100_000)
    expect(second.buffer).not.toBe(first.buffer)
    pool.give(first)
    expect(pool.take(70_000)).toBe(first)
    expect(pool.take(70_000)).not.toBe(first)
  })

  it.each([0, 1, 16_384, 16_385, 1_048_576, 1_048_577, 5_000_000])('has room for %i bytes', (bytes) => {
    const pool = createBufferPool()
    const buffer = pool.take(bytes)
    expect(buffer.byteLength).toBeGreaterThanOrEqual(bytes)
    pool.give(buffer)
    expect(pool.take(bytes).byteLength).toBeGreaterThanOrEqual(bytes)
  })

  it('keeps no more than 8 MiB', () => {
    const pool = createBufferPool()
    const buffers = new Set(Array.from({ length: 20 }, () => pool.take(1_048_576)))
    for (const buffer of buffers) pool.give(buffer)
    const kept = Array.from({ length: 20 }, () => pool.take(1_048_576)).filter((buffer) => buffers.has(buffer))
    expect(kept.length).toBe(8)
  })
})
