// The `udp` thread: reads the sockets that the `ingest` thread asks it to open, into shared memory. It has no log, no
// metrics (its counts lie in shared memory too) and no plugin: what it does not load can neither stall it nor cost memory.

import { openUdpSocket } from '../receivers/api/udp-socket.ts'
import type { OpenedUdp, UdpSocket, UdpSpec } from '../receivers/api/udp-sockets.ts'
import { serve } from '../threads/rpc.ts'
import type { WorkerInput } from '../threads/thread.ts'
import { portTo } from './port-to.ts'
import type { Handlers } from './worker.ts'

export async function udpThread({ links }: WorkerInput): Promise<Handlers> {
  const sockets: UdpSocket[] = []
  serve(portTo(links, 'ingest'), {
    async open(spec): Promise<OpenedUdp> {
      const { what, address, port, socketBufferBytes, close } = await openUdpSocket(spec as UdpSpec)
      const id = sockets.push({ what, address, port, socketBufferBytes, close }) - 1
      return { id, bound: { what, address, port, socketBufferBytes } }
    },
    close: async (id) => await sockets[Number(id)]?.close(),
  })
  return await Promise.resolve({})
}
