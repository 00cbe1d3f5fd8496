// One process owns a store's folder: it listens on a Unix socket there. The system closes the socket of a process that died,
// however it died, and process numbers mean nothing across containers: so a socket, and no file with a number in it. Whoever
// may write to the socket may give the owner an order (owner-line.ts).

import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { isAnswered, type OwnerAnswers, serveLine } from './owner-line.ts'

/** sockaddr_un takes 108 bytes on Linux, 104 on macOS, with the final zero. */
const MAX_SOCKET_PATH = 100

export interface Ownership {
  release(): Promise<void>
}

/** Throws SpoorError `folder_in_use` where another process has it, `folder_unwritable` where the socket cannot be made. */
export async function ownFolder(folder: string, orders: OwnerAnswers): Promise<Ownership> {
  const path = ownerSocket(folder)
  const callers = new Set<Socket>()
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listen(path, callers, orders)
    if (server !== undefined) return ownership(server, callers, path)
    if (await isAnswered(path)) throw inUse(folder)
    await clearStale(path, folder)
  }
  throw inUse(folder)
}

function inUse(folder: string): SpoorError {
  return new SpoorError('unavailable', 'folder_in_use', `another process uses the folder ${folder}`)
}

/** Where the owner of a folder listens. */
export function ownerSocket(folder: string): string {
  const hash = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 24)
  if (process.platform === 'win32') return `\\\\.\\pipe\\spoor-${hash}`
  const path = join(folder, 'owner.sock')
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : join(tmpdir(), `spoor-${hash}.sock`)
}

/** undefined where something is there already. */
function listen(path: string, callers: Set<Socket>, orders: OwnerAnswers): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => {
      callers.add(socket)
      socket.once('close', () => callers.delete(socket))
      serveLine(socket, callers.size, orders)
    })
    server.unref()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(undefined)
      else
        fail(
          new SpoorError('unavailable', 'folder_unwritable', `cannot use the folder of ${path}: ${error.message}`, {
            cause: error,
          }),
        )
    })
    server.listen(path, () => done(server))
  })
}

/** Moves a dead socket away. Whoever moved a living one by mistake (it was made in between) puts it back. */
async function clearStale(path: string, folder: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch (thrown) {
    if ((toError(thrown) as NodeJS.ErrnoException).code === 'ENOENT') return
    throw thrown
  }
  if (await isAnswered(aside)) {
    await rename(aside, path)
    throw inUse(folder)
  }
  await rm(aside, { force: true })
}

function ownership(server: Server, callers: ReadonlySet<Socket>, path: string): Ownership {
  let released = false
  return {
    async release(): Promise<void> {
      if (released) return
      released = true
      for (const caller of callers) caller.destroy()
      // Closing also removes the socket's name.
      await new Promise<void>((done) => server.close(() => done()))
      if (process.platform !== 'win32') await rm(path, { force: true })
    },
  }
}
