// The load client of bench/receive.ts, a process of its own so that its cost is not the server's: makes requests of 512
// spans, says `ready`, then sends as many as each line on standard input asks for and answers with how many were refused.
// Arguments: grpc|http, host:port, none|gzip. Eight requests in flight on two connections.

import { Agent, request } from 'node:http'
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { EXPORT_PATH, grpcFrame } from '@spoor/testkit/receiver-contract/raw-grpc'

const [protocol = 'grpc', address = '', encoding = 'none'] = process.argv.slice(2)
const IN_FLIGHT = 8
const CONNECTIONS = 2
const gzip = encoding === 'gzip'

/** Resolves with true where the request was taken. */
type Send = (body: Buffer) => Promise<boolean>

function grpcSender(session: ClientHttp2Session): Send {
  return (body) =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': EXPORT_PATH,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': '10S',
        ...(gzip ? { 'grpc-encoding': 'gzip' } : {}),
      })
      let status = '-1'
      stream.on('trailers', (trailers: IncomingHttpHeaders) => {
        status = String(trailers['grpc-status'])
      })
      stream.on('error', reject)
      stream.on('close', () => resolve(status === '0'))
      stream.resume()
      stream.end(body)
    })
}

function httpSender(agent: Agent): Send {
  const headers = { 'content-type': 'application/x-protobuf', ...(gzip ? { 'content-encoding': 'gzip' } : {}) }
  return (body) =>
    new Promise((resolve, reject) => {
      const call = request(`http://${address}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode === 200))
      })
      call.on('error', reject)
      call.end(body)
    })
}

function makeSenders(): readonly Send[] {
  if (protocol === 'http') {
    const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
    return [httpSender(agent)]
  }
  return Array.from({ length: CONNECTIONS }, () => grpcSender(connect(`http://${address}`)))
}

async function main(): Promise<void> {
  const load = makeLoad({ seed: 1, blocks: 8 })
  const bodies: Buffer[] = []
  for (let i = 0; i < load.requestCount; i++) {
    const message = gzip ? gzipSync(load.request(i).bytes) : load.request(i).bytes
    bodies.push(protocol === 'grpc' ? grpcFrame(message, gzip ? 1 : 0) : Buffer.from(message))
  }
  const senders = makeSenders()
  console.log('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    let left = Number(line)
    let refused = 0
    const work = async (send: Send): Promise<void> => {
      while (left > 0) {
        left -= 1
        if (!(await send(bodies[left % bodies.length] ?? Buffer.alloc(0)))) refused += 1
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => work(senders[i % senders.length] as Send)))
    console.log(String(refused))
  }
  process.exit(0)
}

await main()
