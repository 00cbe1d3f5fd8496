// One UDP socket on the `udp` thread: each datagram goes into the ring or into a count of what was dropped. Nothing is
// parsed, logged or awaited here, and a packet's memory is freed at once and not left to the collector.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { formatHostPort } from '../../config/units.ts'
import { Doorbell } from '../../threads/doorbell.ts'
import { RingWriter } from '../../threads/packet-ring.ts'
import { listenError } from './listen.ts'
import { UDP_COUNTS } from './udp-counts.ts'
import type { UdpSocket, UdpSpec } from './udp-sockets.ts'

/** Linux reserves twice what was asked, for its own book-keeping, and answers with that. */
const GRANTED_TIMES = process.platform === 'linux' ? 2 : 1
/** No kernel grants less than this. */
const MIN_BUFFER_BYTES = 4096

/** Rejects with SpoorError `unavailable` where it cannot listen. */
export async function openUdpSocket(spec: UdpSpec): Promise<UdpSocket> {
  const socket = await bind(spec)
  const socketBufferBytes = askForBuffer(socket, spec.socketBufferBytes)
  pump(socket, spec)
  const { port } = socket.address()
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      socket.close(resolve)
    })
  }
  return {
    what: spec.what,
    address: formatHostPort({ host: spec.listen.host, port }),
    port,
    socketBufferBytes,
    async close(): Promise<void> {
      closing ??= close()
      await closing
    },
  }
}

function pump(socket: Socket, spec: UdpSpec): void {
  const ring = new RingWriter(spec.ring)
  const bell = new Doorbell(spec.bell)
  const counts = new Uint32Array(spec.counts)
  const count = (word: number): void => {
    Atomics.add(counts, word, 1)
  }
  socket.on('error', () => count(UDP_COUNTS.readErrors))
  socket.on('message', (packet) => {
    const { length } = packet
    count(UDP_COUNTS.received)
    Atomics.store(counts, UDP_COUNTS.lastBytes, length)
    if (length === 0) count(UDP_COUNTS.empty)
    else if (length > spec.maxPacketBytes) count(UDP_COUNTS.tooLarge)
    else if (ring.push(packet)) bell.ring()
    else count(UDP_COUNTS.queueFull)
    free(packet)
  })
}

/** Node gives each datagram an ArrayBuffer of its own. */
function free({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/** Every interface means IPv6 and IPv4, or IPv4 alone where the machine has no IPv6: as for TCP. */
async function bind(spec: UdpSpec): Promise<Socket> {
  const { host, port } = spec.listen
  try {
    if (host !== '') {
      const { address } = await lookup(host)
      return await bound(createSocket(isIPv6(address) ? 'udp6' : 'udp4'), port, address)
    }
    try {
      return await bound(createSocket('udp6'), port, '::')
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL' && code !== 'EINVAL') throw thrown
      return await bound(createSocket('udp4'), port, '0.0.0.0')
    }
  } catch (thrown) {
    throw listenError(thrown, spec.listen, spec.what)
  }
}

async function bound(socket: Socket, port: number, address: string): Promise<Socket> {
  try {
    const listening = once(socket, 'listening')
    socket.bind({ port, address })
    await listening
    return socket
  } catch (thrown) {
    socket.close()
    throw thrown
  }
}

/** The bytes granted. Linux cuts to net.core.rmem_max without a word, others refuse what is too much. */
function askForBuffer(socket: Socket, bytes: number): number {
  for (let ask = bytes; ask >= MIN_BUFFER_BYTES; ask = Math.floor(ask / 2)) {
    try {
      socket.setRecvBufferSize(ask)
      break
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SOCKET_BUFFER_SIZE') throw thrown
    }
  }
  return Math.floor(socket.getRecvBufferSize() / GRANTED_TIMES)
}
