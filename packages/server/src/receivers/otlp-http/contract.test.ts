// The receiver contract over HTTP, once in each encoding, through the platform's own client (fetch).

import { BinaryReader } from '@bufbuild/protobuf/wire'
import { receiverContract, type SendOutcome } from '@spoor/testkit/receiver-contract/kit'
import { numberedJson } from '@spoor/testkit/receiver-contract/otlp-json'
import { encodeNumbered, type NumberedSpan } from '@spoor/testkit/receiver-contract/spans'
import { createOtlpHttpReceiver } from './receiver.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

for (const type of [PROTOBUF, JSON_TYPE]) {
  receiverContract({
    name: 'otlp-http',
    create: (host, port) =>
      createOtlpHttpReceiver(
        {
          listen: { host: '127.0.0.1', port },
          maxBodyBytes: 1 << 20,
          readHeaderTimeoutMs: 2000,
          readTimeoutMs: 10_000,
          idleTimeoutMs: 120_000,
          corsAllowedOrigins: [],
          corsAllowedHeaders: [],
        },
        host,
      ),
    connect: (address) =>
      Promise.resolve({
        send: (spans) => post(address, type, spans),
        close: () => Promise.resolve(),
      }),
  })
}

async function post(address: string, type: string, spans: readonly NumberedSpan[]): Promise<SendOutcome> {
  const body = type === JSON_TYPE ? numberedJson(spans) : Buffer.from(encodeNumbered(spans))
  const response = await fetch(`http://${address}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  })
  const answer = Buffer.from(await response.arrayBuffer())
  if (response.headers.get('content-type') !== type) throw new Error('answered in another encoding')
  if (response.status === 200) return type === JSON_TYPE ? partialJson(answer) : partialProtobuf(answer)
  if (response.status !== 429 && response.status !== 503)
    throw new Error(`status ${response.status}: ${answer.toString()}`)
  const text = answer.toString('latin1')
  if (!text.includes('try again') || !text.includes('google.rpc.RetryInfo')) throw new Error(`no reason in ${text}`)
  return { status: 'retry', afterMs: Number(response.headers.get('retry-after')) * 1000 }
}

function partialJson(answer: Buffer): SendOutcome {
  const { partialSuccess } = JSON.parse(answer.toString()) as {
    readonly partialSuccess?: { readonly rejectedSpans: string; readonly errorMessage: string }
  }
  if (partialSuccess === undefined) return { status: 'ok', rejected: 0, message: '' }
  return { status: 'ok', rejected: Number(partialSuccess.rejectedSpans), message: partialSuccess.errorMessage }
}

function partialProtobuf(answer: Buffer): SendOutcome {
  if (answer.byteLength === 0) return { status: 'ok', rejected: 0, message: '' }
  const reader = new BinaryReader(answer)
  if (reader.uint32() !== 0x0a) throw new Error('no partial_success')
  const inner = new BinaryReader(reader.bytes())
  if (inner.uint32() !== 0x08) throw new Error('no rejected_spans')
  const rejected = Number(inner.int64())
  if (inner.uint32() !== 0x12) throw new Error('no error_message')
  return { status: 'ok', rejected, message: inner.string() }
}
