// What became of a socket's packets before they were queued: words in shared memory, written by the `udp` thread and read
// by the thread of the receiver, which has the metrics. Each counts modulo 2^32; a reader takes differences.

export const UDP_COUNTS = {
  /** Packets that the socket gave. */
  received: 0,
  /** The ring had no room. */
  queueFull: 1,
  /** Longer than the limit. */
  tooLarge: 2,
  /** Without a byte. */
  empty: 3,
  /** Errors of the socket. */
  readErrors: 4,
  /** Bytes of the last packet: no count. */
  lastBytes: 5,
} as const

const WORDS = 16

export function allocateUdpCounts(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Uint32Array.BYTES_PER_ELEMENT)
}
