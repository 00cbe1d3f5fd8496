// Binding a server to an address, with one clear error for each way it fails. Used by every receiver; UDP takes the errors alone.

import type { Server } from 'node:net'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { formatHostPort, type HostPort } from '../../config/units.ts'
import type { Listening } from './receiver.ts'

/** What people read for each error of listen(2) and name lookup. */
const LISTEN_FAILURES: Readonly<Record<string, readonly [code: string, why: string]>> = {
  EADDRINUSE: ['port_in_use', 'the port is in use by another process'],
  EACCES: ['port_not_permitted', 'this user may not open that port'],
  EADDRNOTAVAIL: ['address_not_here', 'no interface of this machine has that address'],
  ENOTFOUND: ['host_unknown', 'that host name is not known'],
  EAI_AGAIN: ['host_unknown', 'that host name cannot be looked up now'],
}

/**
 * Resolves once bound. Rejects with SpoorError `unavailable` (code `port_in_use` where it is), naming the address.
 * `what` is the receiver's name for people: `OTLP gRPC`.
 */
export async function listen(server: Server, at: HostPort, what: string): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    const onError = (thrown: Error): void => reject(listenError(thrown, at, what))
    server.once('error', onError)
    server.listen({ port: at.port, ...(at.host === '' ? {} : { host: at.host }) }, () => {
      server.removeListener('error', onError)
      resolve()
    })
  })
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : at.port
  return { what, address: formatHostPort({ host: at.host, port }) }
}

export function listenError(thrown: unknown, at: HostPort, what: string): SpoorError {
  const cause = toError(thrown)
  const [code, why] = LISTEN_FAILURES[(cause as NodeJS.ErrnoException).code ?? ''] ?? ['cannot_listen', cause.message]
  return new SpoorError('unavailable', code, `${what} cannot listen on ${formatHostPort(at)}: ${why}`, { cause })
}
