// Speaks to a running Spoor as clients and the UI do: raw HTTP, gRPC and datagrams. Must never follow, retry or decode
// anything by itself, as the recorder did not.

import { createSocket } from 'node:dgram'
import { Agent, request as httpRequest } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { connectRaw, EXPORT_PATH, grpcFrame, rawCall } from '@spoor/testkit/receiver-contract/raw-grpc'
import type { Spoor } from '@spoor/testkit/spoor/start'
import { scrape } from '../e2e/scrape.ts'
import { loadInputs, type Input, type Protocol } from './recordings.ts'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

export interface Question {
  readonly method: string
  /** As it stands in the request line. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface Talk {
  ask(base: string, question: Question): Promise<Answer>
  close(): void
}

export function createTalk(): Talk {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  return {
    ask: async (base, { method, path, headers = {}, body }) =>
      await new Promise<Answer>((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(body.byteLength) }
        const { hostname, port } = new URL(base)
        const call = httpRequest(
          { hostname, port, path, agent, method, headers: { ...headers, ...length } },
          (answer) => {
            const pieces: Buffer[] = []
            answer.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject)
            answer.on('end', () => {
              const type = answer.headers['content-type'] ?? ''
              const charset = type.includes('protobuf') ? 'latin1' : 'utf8'
              const whole = Buffer.concat(pieces)
              const body = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole
              resolve({ status: answer.statusCode ?? 0, type, body: body.toString(charset) })
            })
          },
        )
        call.on('error', reject)
        call.end(body)
      }),
    close: () => {
      agent.destroy()
    },
  }
}

/** Status codes of gRPC that a receiver gives, by number. */
const GRPC_CODES: Readonly<Record<number, string>> = {
  0: 'OK',
  3: 'INVALID_ARGUMENT',
  8: 'RESOURCE_EXHAUSTED',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
}

export interface GrpcAnswer {
  readonly code: string
  /** The message, without its frame; '' where there is none. */
  readonly bodyHex: string
}

/** One call to the OTLP port. */
export async function callGrpc(spoor: Spoor, method: string, message: Uint8Array): Promise<GrpcAnswer> {
  const session = await connectRaw(`127.0.0.1:${spoor.ports.otlpGrpc}`)
  try {
    const { grpcStatus, body } = await rawCall(session, grpcFrame(message), { ':path': method }).answer
    return { code: GRPC_CODES[grpcStatus] ?? String(grpcStatus), bodyHex: body.subarray(5).toString('hex') }
  } finally {
    session.close()
  }
}

/** Sends datagrams one after the other. */
export async function sendPackets(packets: readonly Uint8Array[], port: number): Promise<void> {
  const socket = createSocket('udp4')
  try {
    for (const packet of packets) {
      await new Promise<void>((resolve, reject) => {
        socket.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
      })
    }
  } finally {
    socket.close()
  }
}

/** What a receiver said to an input: an HTTP status, or a gRPC status; undefined by UDP. */
export type Said = ReadonlyMap<string, string | undefined>

const HTTP: Partial<Record<Protocol, readonly ['otlpHttp' | 'jaegerHttp', string, string]>> = {
  'otlp-protobuf': ['otlpHttp', '/v1/traces', 'application/x-protobuf'],
  'otlp-json': ['otlpHttp', '/v1/traces', 'application/json'],
  'jaeger-thrift-http': ['jaegerHttp', '/api/traces?format=jaeger.thrift', 'application/x-thrift'],
}

/** Sends the recorded requests of a protocol; what was taken can be found when it returns. */
export async function feed(
  spoor: Spoor,
  protocol: Protocol,
  inputs: readonly Input[] = loadInputs(protocol),
): Promise<Said> {
  const http = HTTP[protocol]
  if (http !== undefined) return await feedHttp(spoor, http, inputs)
  if (protocol === 'otlp-grpc') return await feedGrpc(spoor, inputs)
  return await feedUdp(spoor, protocol === 'jaeger-udp-compact' ? 'jaeger-compact' : 'jaeger-binary', inputs)
}

async function feedHttp(
  spoor: Spoor,
  [listener, path, type]: readonly ['otlpHttp' | 'jaegerHttp', string, string],
  inputs: readonly Input[],
): Promise<Said> {
  const talk = createTalk()
  const said = new Map<string, string | undefined>()
  try {
    for (const { name, bytes } of inputs) {
      const question = { method: 'POST', path, headers: { 'content-type': type }, body: bytes }
      said.set(name, String((await talk.ask(spoor.url[listener], question)).status))
    }
  } finally {
    talk.close()
  }
  return said
}

async function feedGrpc(spoor: Spoor, inputs: readonly Input[]): Promise<Said> {
  const said = new Map<string, string | undefined>()
  const session = await connectRaw(`127.0.0.1:${spoor.ports.otlpGrpc}`)
  try {
    for (const { name, bytes } of inputs) {
      const { grpcStatus } = await rawCall(session, grpcFrame(bytes), { ':path': EXPORT_PATH }).answer
      said.set(name, GRPC_CODES[grpcStatus] ?? String(grpcStatus))
    }
  } finally {
    session.close()
  }
  return said
}

async function feedUdp(
  spoor: Spoor,
  receiver: 'jaeger-compact' | 'jaeger-binary',
  inputs: readonly Input[],
): Promise<Said> {
  const port = receiver === 'jaeger-compact' ? spoor.ports.jaegerCompact : spoor.ports.jaegerBinary
  const packets = inputs.map(({ bytes }) => bytes)
  await sendPackets(packets, port)
  await settled(spoor, receiver, inputs.length)
  return new Map(inputs.map(({ name }) => [name, undefined]))
}

/** Waits until so many packets have gone their whole way, each span of them stored or refused. Throws after 20 s. */
export async function settled(spoor: Spoor, receiver: string, packets: number): Promise<void> {
  const until = performance.now() + 20_000
  for (;;) {
    const count = await scrape(spoor.url.admin)
    const requests = count('spoor_requests_total', { receiver })
    const spans = count('jaeger_collector_spans_received_total')
    const done = count('spoor_spans_stored_total') + count('spoor_spans_refused_total')
    if (requests >= packets && spans === done) return
    if (performance.now() > until)
      throw new Error(`${receiver}: ${requests}/${packets} packets, ${done}/${spans} spans`)
  }
}
