// Buffers for request bodies, used again and again: a fresh quarter of a megabyte for each request costs page faults and
// garbage collections that weigh more than reading the bytes. Holds a bounded amount, and never hands out a buffer twice.

export interface BufferPool {
  /** At least `bytes` long, with whatever was in it. */
  take(bytes: number): Buffer
  /** Gives back what take() gave, once nobody reads it any more. */
  give(buffer: Buffer): void
}

/** Below, Node's own pool is as good; above, bodies are rare. */
const MIN_BITS = 14
const MAX_BITS = 20
const MAX_IDLE_BYTES = 8 * 1024 * 1024

export function createBufferPool(): BufferPool {
  /** Idle buffers by the power of two of their length. */
  const idle: Buffer[][] = Array.from({ length: MAX_BITS + 1 }, () => [])
  let idleBytes = 0
  return {
    take(bytes): Buffer {
      const bits = Math.ceil(Math.log2(Math.max(1, bytes)))
      if (bits < MIN_BITS || bits > MAX_BITS) return Buffer.allocUnsafe(bytes)
      const found = idle[bits]?.pop()
      if (found === undefined) return Buffer.allocUnsafeSlow(2 ** bits)
      idleBytes -= found.byteLength
      return found
    },
    give(buffer): void {
      const bits = Math.log2(buffer.byteLength)
      const list = idle[bits]
      if (list === undefined || bits < MIN_BITS || idleBytes + buffer.byteLength > MAX_IDLE_BYTES) return
      idleBytes += buffer.byteLength
      list.push(buffer)
    },
  }
}
