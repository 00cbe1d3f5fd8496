// gRPC spoken by hand over node:http2, so that a test can break any rule of it.

import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import { once } from 'node:events'

export const EXPORT_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

export interface RawAnswer {
  /** HTTP status; 0 where the stream ended without headers. */
  readonly status: number
  /** From the headers (trailers-only) or the trailers; -1 where there is none. */
  readonly grpcStatus: number
  readonly grpcMessage: string
  /** Headers and trailers together. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
  /** The code of the RST_STREAM that ended the stream; 0 where it ended well. */
  readonly resetCode: number
}

export interface RawCall {
  readonly stream: ClientHttp2Stream
  /** Never rejects. */
  readonly answer: Promise<RawAnswer>
}

export async function connectRaw(address: string): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`)
  session.on('error', () => {}) // tests that break connections look at the streams
  await once(session, 'remoteSettings')
  return session
}

/** Length-prefixed message: the flag, four bytes of length, the bytes. */
export function grpcFrame(message: Uint8Array, flag = 0, declaredBytes: number = message.byteLength): Buffer {
  const frame = Buffer.alloc(5 + message.byteLength)
  frame[0] = flag
  frame.writeUInt32BE(declaredBytes, 1)
  frame.set(message, 5)
  return frame
}

/** Opens a call and writes `body`; ends the request unless `open`. */
export function rawCall(
  session: ClientHttp2Session,
  body: Uint8Array,
  headers: OutgoingHttpHeaders = {},
  open = false,
): RawCall {
  const stream = session.request({
    ':method': 'POST',
    ':path': EXPORT_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  const answer = collect(stream)
  if (body.byteLength > 0) stream.write(body)
  if (!open) stream.end()
  return { stream, answer }
}

function collect(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const all: Record<string, string | undefined> = {}
  const chunks: Buffer[] = []
  const note = (headers: object): void => {
    Object.assign(all, headers)
  }
  stream.on('response', note)
  stream.on('trailers', note)
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => {}) // the reset code says it
  return new Promise((resolve) => {
    stream.on('close', () => {
      resolve({
        status: Number(all[':status'] ?? 0),
        grpcStatus: Number(all['grpc-status'] ?? -1),
        grpcMessage: decodeURIComponent(all['grpc-message'] ?? ''),
        headers: all,
        body: Buffer.concat(chunks),
        resetCode: stream.rstCode ?? 0,
      })
    })
  })
}
