// What a receiver asks of the `udp` thread: a bound socket whose packets come through a ring. The thread reads sockets and
// does nothing else, so that it never stalls: a kernel's usual buffer holds a few hundredths of a second of packets.

import type { MessagePort } from 'node:worker_threads'
import type { HostPort } from '../../config/units.ts'
import type { RingMemory } from '../../threads/packet-ring.ts'
import { caller } from '../../threads/rpc.ts'
import type { Listening } from './receiver.ts'

/** Plain data: it travels to the `udp` thread, which works on the same memory. */
export interface UdpSpec {
  /** For people: `Jaeger thrift compact`. */
  readonly what: string
  readonly listen: HostPort
  readonly maxPacketBytes: number
  /** What to ask of the kernel. */
  readonly socketBufferBytes: number
  readonly ring: RingMemory
  /** See udp-counts.ts. */
  readonly counts: SharedArrayBuffer
  /** Rung after each packet. */
  readonly bell: SharedArrayBuffer
}

export interface UdpBound extends Listening {
  readonly port: number
  /** What the kernel granted, in the terms in which it was asked. */
  readonly socketBufferBytes: number
}

export interface UdpSocket extends UdpBound {
  /** No packet is pushed once it has resolved. May be called twice. */
  close(): Promise<void>
}

export interface UdpSockets {
  /** Rejects with SpoorError `unavailable`, code `port_in_use`, naming the address, where it cannot listen. */
  open(spec: UdpSpec): Promise<UdpSocket>
}

/** Methods that the `udp` thread answers; see roles/udp-thread.ts. */
export interface OpenedUdp {
  readonly id: number
  readonly bound: UdpBound
}

/** The sockets of the thread at the other end of `port`. */
export function udpSocketsOver(port: MessagePort): UdpSockets {
  const thread = caller(port)
  return {
    async open(spec): Promise<UdpSocket> {
      const { id, bound } = (await thread.call('open', spec)) as OpenedUdp
      let closing: Promise<unknown> | undefined
      return {
        ...bound,
        async close(): Promise<void> {
          closing ??= thread.call('close', id)
          await closing
        },
      }
    },
  }
}
