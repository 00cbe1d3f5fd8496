// The kernel's own count of packets that found no room, against what was sent and what was read.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { kernelDropsOf } from './kernel-drops.ts'

const sockets: ReturnType<typeof createSocket>[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

async function bound(): Promise<ReturnType<typeof createSocket>> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const linux = process.platform === 'linux'

test.skipIf(!linux)('what the kernel dropped is what was sent and not read (needs Linux)', async () => {
  const [reader, other] = [await bound(), await bound()]
  reader.setRecvBufferSize(16_384)
  const drops = kernelDropsOf(reader.address().port)
  const otherDrops = kernelDropsOf(other.address().port)
  expect(drops()).toBe(0)
  const sender = createSocket('udp4')
  sockets.push(sender)
  const send = promisify((packet: Uint8Array, to: number, done: (error: Error | null) => void) =>
    sender.send(packet, to, '127.0.0.1', done),
  )
  // More at once than the buffer holds, before the loop turns and anything is read.
  let read = 0
  reader.on('message', () => read++)
  const packet = new Uint8Array(8000)
  const sending = Array.from({ length: 50 }, () => send(packet, reader.address().port))
  await Promise.all(sending)
  await expect.poll(() => read + (drops() ?? 0)).toBe(50)
  expect(drops()).toBeGreaterThan(0)
  expect(otherDrops()).toBe(0)
})

test('says nothing of a port that nobody has', () => {
  expect(kernelDropsOf(1)()).toBeUndefined()
})
