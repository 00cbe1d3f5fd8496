// The receiver contract, through a real gRPC client (grpc-js) on raw messages.

import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { receiverContract, type SendOutcome } from '@spoor/testkit/receiver-contract/kit'
import { encodeNumbered } from '@spoor/testkit/receiver-contract/spans'
import { createOtlpGrpcReceiver } from './receiver.ts'

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const RETRYABLE = new Set([8, 14])

receiverContract({
  name: 'otlp-grpc',
  create: (host, port) =>
    createOtlpGrpcReceiver(
      {
        listen: { host: '127.0.0.1', port },
        maxMessageBytes: 1 << 20,
        readTimeoutMs: 10_000,
        maxConnectionAgeMs: 0,
        maxConnectionAgeGraceMs: 0,
      },
      host,
    ),
  connect(address) {
    const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_retries': 0 })
    return Promise.resolve({
      send: (spans) => exportRaw(client, encodeNumbered(spans)),
      close: () => {
        client.close()
        return Promise.resolve()
      },
    })
  },
})

function exportRaw(client: Client, message: Uint8Array): Promise<SendOutcome> {
  const same = (bytes: Buffer): Buffer => bytes
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(PATH, same, same, Buffer.from(message), (error, response) => {
      if (error === null) resolve(readPartialSuccess(response ?? Buffer.alloc(0)))
      else if (RETRYABLE.has(error.code) && error.details.endsWith('try again')) resolve(readRetry(error))
      else reject(error)
    })
  })
}

function readPartialSuccess(bytes: Uint8Array): SendOutcome {
  let rejected = 0
  let message = ''
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    if (reader.uint32() !== 0x0a) throw new Error('not an ExportTraceServiceResponse')
    const inner = new BinaryReader(reader.bytes())
    while (inner.pos < inner.len) {
      const tag = inner.uint32()
      if (tag === 0x08) rejected = Number(inner.int64())
      else if (tag === 0x12) message = inner.string()
    }
  }
  return { status: 'ok', rejected, message }
}

/** google.rpc.Status in grpc-status-details-bin: its only detail is a RetryInfo with a delay below a second. */
function readRetry(error: ServiceError): SendOutcome {
  const [details] = error.metadata.get('grpc-status-details-bin')
  if (!(details instanceof Buffer)) throw new Error(`no RetryInfo with ${error.message}`)
  const at = details.indexOf('google.rpc.RetryInfo') + 'google.rpc.RetryInfo'.length
  const any = new BinaryReader(details.subarray(at))
  if (any.uint32() !== 0x12) throw new Error('no value in Any')
  const retryInfo = new BinaryReader(any.bytes())
  if (retryInfo.uint32() !== 0x0a) throw new Error('no retry_delay')
  const duration = new BinaryReader(retryInfo.bytes())
  if (duration.uint32() !== 0x10) throw new Error('no nanos')
  return { status: 'retry', afterMs: duration.int32() / 1e6 }
}
