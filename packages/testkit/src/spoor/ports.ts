// Free ports of this machine for a program that must be told its ports on the command line. A port found here can be
// taken by somebody else before the program binds it: whoever uses this tries again with new ones (start.ts does).

import { createServer, type AddressInfo, type Server } from 'node:net'

/** `count` different ports on 127.0.0.1 that nobody listened on a moment ago. All are held until the last is found. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort))
  const ports = held.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

function holdPort(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      resolve(server)
    })
  })
}
