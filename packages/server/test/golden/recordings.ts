// What real Jaegers answered: recorded exchanges by version, and the requests that went into them before. Files are small
// because all versions of a protocol are packed together. Must never hold an answer of Spoor's.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

export const GOLDEN: string = import.meta.dirname

/** All-in-one processes with the memory store. */
export const VERSIONS = ['1.17', '1.57', '1.76', '2.13'] as const
export type Version = (typeof VERSIONS)[number]
/** The one whose API Spoor has; compared most strictly. */
export const REFERENCE: Version = '1.57'

export const PROTOCOLS = [
  'otlp-protobuf',
  'otlp-json',
  'otlp-grpc',
  'jaeger-thrift-http',
  'jaeger-udp-compact',
  'jaeger-udp-binary',
] as const
export type Protocol = (typeof PROTOCOLS)[number]

export interface Exchange {
  /** `GET /api/services`. */
  readonly request: string
  /** Jaeger's own; absent: the query port. */
  readonly port?: number
  readonly requestHeaders?: Readonly<Record<string, string>>
  readonly requestBody?: string
  readonly requestBodyBase64?: string
  readonly note?: string
  /** Nobody answered. */
  readonly error?: string
  readonly status?: number
  /** Content-Type. */
  readonly type?: string
  /** Absent where it is a page of HTML. */
  readonly body?: string
  readonly bodyBase64?: string
  /** The same body as that request of the same list. */
  readonly sameBodyAs?: string
  /** `raw=true` gave the same body. */
  readonly rawIsTheSame?: boolean
}

/** An input that was sent before the questions, and the receiver's answer. */
export interface Received {
  /** The file's name. */
  readonly input: string
  readonly answer: {
    readonly status?: number
    readonly body?: string
    /** gRPC's. */
    readonly code?: string
    readonly udp?: string
    readonly error?: string
  }
  readonly note?: string
  readonly processDied?: boolean
}

export interface Recording {
  readonly received: readonly Received[]
  readonly exchanges: readonly Exchange[]
}

export interface GrpcExchange {
  readonly port: number
  readonly method: string
  readonly requestHex: string
  readonly code: string
  readonly details?: string
  readonly bodyHex?: string
}

export interface PacketExchange {
  readonly port: number
  readonly hex: string
  readonly note: string | null
  readonly aliveAfter: boolean
}

export interface ErrorRecording {
  readonly http: readonly Exchange[]
  readonly grpc: readonly GrpcExchange[]
  readonly udp: readonly PacketExchange[]
  /** The trace of the odd but accepted JSON. */
  readonly spansOfJsonForms?: Exchange
}

export type ByVersion<T> = Readonly<Partial<Record<Version, T>>>

function load(name: string): unknown {
  return JSON.parse(brotliDecompressSync(readFileSync(join(GOLDEN, 'answers', `${name}.json.br`))).toString())
}

export function loadRecordings(protocol: Protocol): ByVersion<Recording> {
  return load(protocol) as ByVersion<Recording>
}

export function loadSearches(): ByVersion<{ readonly exchanges: readonly Exchange[] }> {
  return load('search') as ByVersion<{ readonly exchanges: readonly Exchange[] }>
}

export function loadReceiverErrors(): ByVersion<ErrorRecording> {
  return load('receiver-errors') as ByVersion<ErrorRecording>
}

export function loadSampling(): ByVersion<readonly Exchange[]> {
  return load('sampling') as ByVersion<readonly Exchange[]>
}

/** The recorded body, also where it stands at another request. */
export function bodyOf(exchange: Exchange, all: readonly Exchange[]): string | undefined {
  const { sameBodyAs } = exchange
  const from = sameBodyAs === undefined ? exchange : all.find(({ request }) => request === sameBodyAs)
  return from?.bodyBase64 === undefined ? from?.body : Buffer.from(from.bodyBase64, 'base64').toString('latin1')
}

export interface Input {
  readonly name: string
  readonly bytes: Buffer
}

/** The recorded requests of a protocol, in the order in which Jaeger got them. */
export function loadInputs(protocol: Protocol): readonly Input[] {
  const folder = join(GOLDEN, 'inputs', protocol === 'otlp-grpc' ? 'otlp-protobuf' : protocol)
  return readdirSync(folder)
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
}
