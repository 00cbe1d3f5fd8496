// gRPC's rules, one by one, spoken by hand: what each client library relies on and never tests.

import type { ClientHttp2Session } from 'node:http2'
import { once } from 'node:events'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { connectRaw, grpcFrame, rawCall, type RawAnswer } from '@spoor/testkit/receiver-contract/raw-grpc'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../api/receiver.ts'
import type { OtlpGrpcConfig } from './config.ts'
import { createOtlpGrpcReceiver } from './receiver.ts'

const MAX_MESSAGE = 1 << 20
const CONFIG: OtlpGrpcConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  maxMessageBytes: MAX_MESSAGE,
  readTimeoutMs: 10_000,
  maxConnectionAgeMs: 0,
  maxConnectionAgeGraceMs: 0,
}
const MESSAGE = encodeNumbered(numberedSpans(1, 10))

let sink: Sink
let host: TestHost
let receiver: Receiver
let session: ClientHttp2Session

async function start(config: Partial<OtlpGrpcConfig> = {}, budgetBytes?: number): Promise<string> {
  sink = createSink()
  host = createTestHost(sink, budgetBytes)
  receiver = createOtlpGrpcReceiver({ ...CONFIG, ...config }, host)
  const [listening] = await receiver.start()
  session = await connectRaw(listening?.address ?? '')
  return listening?.address ?? ''
}

async function restart(config: Partial<OtlpGrpcConfig>, budgetBytes?: number): Promise<string> {
  session.close()
  await receiver.stop()
  return await start(config, budgetBytes)
}

beforeEach(async () => {
  await start()
})

afterEach(async () => {
  sink.release()
  session.close()
  await receiver.stop()
  expect(host.budget.usedBytes).toBe(0)
  expect(host.complaints).toEqual([])
})

async function code(reason: string): Promise<number> {
  return await host.count('spoor_requests_total', { receiver: 'otlp-grpc', code: reason })
}

function expectOk(answer: RawAnswer): void {
  expect(answer).toMatchObject({ status: 200, grpcStatus: 0, resetCode: 0 })
  expect(answer.body).toEqual(Buffer.alloc(5))
}

describe('a good call', () => {
  it('answers with an empty message, and trailers after it', async () => {
    const answer = await rawCall(session, grpcFrame(MESSAGE)).answer
    expectOk(answer)
    expect(answer.headers['content-type']).toBe('application/grpc')
    expect(answer.headers['grpc-accept-encoding']).toBe('identity,gzip,deflate,zstd')
    expect(sink.accepted.length).toBe(10)
    expect(await code('ok')).toBe(1)
    expect(await host.count('spoor_request_bytes_total')).toBe(MESSAGE.byteLength + 5)
  })

  it.each(['application/grpc+proto', 'application/grpc;charset=utf-8', 'Application/GRPC'])(
    'takes %s',
    async (type) => {
      expectOk(await rawCall(session, grpcFrame(MESSAGE), { 'content-type': type }).answer)
    },
  )

  it('takes an empty message', async () => {
    expectOk(await rawCall(session, grpcFrame(Buffer.alloc(0))).answer)
  })

  it('takes a message byte by byte', async () => {
    const { stream, answer } = rawCall(session, Buffer.alloc(0), {}, true)
    for (const byte of grpcFrame(MESSAGE)) stream.write(Buffer.of(byte))
    stream.end()
    expectOk(await answer)
    expect(sink.accepted.length).toBe(10)
  })

  it.each([
    ['gzip', gzipSync(MESSAGE)],
    ['deflate', deflateSync(MESSAGE)],
    ['zstd', zstdCompressSync(MESSAGE)],
  ])('takes %s, and a plain message under the same header', async (encoding, compressed) => {
    const headers = { 'grpc-encoding': encoding }
    expectOk(await rawCall(session, grpcFrame(compressed, 1), headers).answer)
    expectOk(await rawCall(session, grpcFrame(MESSAGE, 0), headers).answer)
    expect(sink.accepted.length).toBe(20)
  })

  it('takes many calls on one connection, over the limit of streams too', async () => {
    const calls = Array.from(
      { length: 300 },
      (_, i) => rawCall(session, grpcFrame(encodeNumbered(numberedSpans(1 + i * 5, 5)))).answer,
    )
    for (const answer of await Promise.all(calls)) expectOk(answer)
    expect(new Set(sink.accepted).size).toBe(1500)
  })
})

describe('what is not a call', () => {
  it.each([
    [405, 'method_not_allowed', { ':method': 'GET' }],
    [415, 'unsupported_content_type', { 'content-type': 'application/json' }],
    [415, 'unsupported_content_type', { 'content-type': 'application/grpc-web' }],
    [415, 'unsupported_content_type', { 'content-type': 'application/grpc+json' }],
  ])('is answered %i (%s)', async (status, reason, headers) => {
    const answer = await rawCall(session, grpcFrame(MESSAGE), headers).answer
    expect(answer).toMatchObject({ status, grpcStatus: -1 })
    expect(await code(reason)).toBe(1)
  })

  it.each(['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', '/no.such.Service/X', '/grpc.x.Y/Z'])(
    'names the unknown method %s',
    async (path) => {
      const answer = await rawCall(session, grpcFrame(MESSAGE), { ':path': path }).answer
      expect(answer).toMatchObject({ status: 200, grpcStatus: 12, grpcMessage: `unknown method ${path}` })
      expect(await code('unknown_method')).toBe(1)
    },
  )
})

describe('broken framing', () => {
  it.each([
    ['no message', Buffer.alloc(0), {}, 12, 'no_message'],
    ['two messages', Buffer.concat([grpcFrame(MESSAGE), grpcFrame(MESSAGE)]), {}, 12, 'several_messages'],
    ['a byte too many', Buffer.concat([grpcFrame(MESSAGE), Buffer.of(0)]), {}, 12, 'several_messages'],
    ['compressed without encoding', grpcFrame(gzipSync(MESSAGE), 1), {}, 13, 'bad_frame'],
    ['a flag that is none', grpcFrame(MESSAGE, 7), {}, 13, 'bad_frame'],
    ['an unknown encoding', grpcFrame(MESSAGE, 1), { 'grpc-encoding': 'snappy' }, 12, 'unsupported_encoding'],
    ['gzip that is none', grpcFrame(MESSAGE, 1), { 'grpc-encoding': 'gzip' }, 13, 'bad_compression'],
    [
      'gzip cut short',
      grpcFrame(gzipSync(MESSAGE).subarray(0, -9), 1),
      { 'grpc-encoding': 'gzip' },
      13,
      'bad_compression',
    ],
    ['a length over the limit', grpcFrame(Buffer.of(1), 0, MAX_MESSAGE + 1), {}, 8, 'message_size'],
    ['a length of 4 GiB', grpcFrame(Buffer.of(1), 0, 0xffff_ffff), {}, 8, 'message_size'],
    ['bytes that are no protobuf', grpcFrame(Buffer.from('ffffff', 'hex')), {}, 3, 'bad_protobuf'],
    ['a bad deadline', grpcFrame(MESSAGE), { 'grpc-timeout': '10 seconds' }, 13, 'bad_timeout'],
  ])('%s', async (_, body, headers, grpcStatus, reason) => {
    const answer = await rawCall(session, body, headers).answer
    expect(answer).toMatchObject({ status: 200, grpcStatus, resetCode: 0 })
    expect(answer.grpcMessage).not.toBe('')
    expect(answer.headers['grpc-accept-encoding']).toBe('identity,gzip,deflate,zstd')
    expect(await code(reason)).toBe(1)
    expect(sink.accepted).toEqual([])
    expectOk(await rawCall(session, grpcFrame(MESSAGE)).answer)
  })

  it('says how large is too large, before the message comes', async () => {
    const { answer } = rawCall(session, grpcFrame(Buffer.of(1), 0, MAX_MESSAGE + 1), {}, true)
    expect((await answer).grpcMessage).toBe(`received message larger than max (${MAX_MESSAGE + 1} vs. ${MAX_MESSAGE})`)
  })
})

describe('time', () => {
  it('keeps the deadline while the store works, and holds the budget until it is done', async () => {
    sink.mode = 'held'
    const answer = await rawCall(session, grpcFrame(MESSAGE), { 'grpc-timeout': '50m' }).answer
    expect(answer).toMatchObject({ status: 200, grpcStatus: 4 })
    expect(await code('deadline_exceeded')).toBe(1)
    expect(host.budget.usedBytes).toBe(MESSAGE.byteLength)
    sink.release()
  })

  it('keeps the deadline while the message comes', async () => {
    const { answer } = rawCall(session, grpcFrame(MESSAGE).subarray(0, 20), { 'grpc-timeout': '50000u' }, true)
    expect(await answer).toMatchObject({ grpcStatus: 4, grpcMessage: 'deadline exceeded' })
    expect(host.budget.usedBytes).toBe(0)
  })

  it('waits for a message only so long', async () => {
    await restart({ readTimeoutMs: 80 })
    const { answer } = rawCall(session, grpcFrame(MESSAGE).subarray(0, 20), { 'grpc-timeout': '10S' }, true)
    expect(await answer).toMatchObject({ grpcStatus: 4, grpcMessage: 'the message did not arrive within 80 ms' })
    expect(await code('body_timeout')).toBe(1)
  })

  it('lets a request with a far deadline take its time', async () => {
    await restart({ readTimeoutMs: 50 })
    sink.mode = 'held'
    const { answer } = rawCall(session, grpcFrame(MESSAGE), { 'grpc-timeout': '99999999H' })
    await sink.waitForHeld(1)
    await rawCall(session, grpcFrame(MESSAGE), { 'grpc-timeout': '100m' }).answer // outlives the read timeout
    sink.release()
    expectOk(await answer)
  })
})

describe('connections', () => {
  it('are not closed for pings', async () => {
    for (let i = 0; i < 50; i++) {
      await new Promise<void>((resolve) => {
        session.ping(() => resolve())
      })
    }
    expectOk(await rawCall(session, grpcFrame(MESSAGE)).answer)
  })

  it('tell clients their limits', () => {
    expect(session.remoteSettings).toMatchObject({
      maxConcurrentStreams: 128,
      maxHeaderListSize: 16_384,
      initialWindowSize: 1 << 20,
      maxFrameSize: 1 << 20,
    })
  })

  it('are asked to end at their age, and finish what they have', async () => {
    await restart({ maxConnectionAgeMs: 100 })
    sink.mode = 'held'
    const { answer } = rawCall(session, grpcFrame(MESSAGE))
    await once(session, 'goaway')
    await sink.waitForHeld(1)
    sink.release()
    expectOk(await answer)
  })

  it('are cut when their grace is over', async () => {
    await restart({ maxConnectionAgeMs: 50, maxConnectionAgeGraceMs: 50 })
    sink.mode = 'held'
    const { answer } = rawCall(session, grpcFrame(MESSAGE))
    expect((await answer).grpcStatus).toBe(-1)
    expect(await code('cancelled')).toBe(1)
  })

  it('refuse with a time to come back when no memory is left for bodies', async () => {
    await restart({}, MESSAGE.byteLength)
    sink.mode = 'held'
    const first = rawCall(session, grpcFrame(MESSAGE)).answer
    await sink.waitForHeld(1)
    const second = await rawCall(session, grpcFrame(MESSAGE)).answer
    expect(second.grpcStatus).toBe(8)
    const details = Buffer.from(String(second.headers['grpc-status-details-bin']), 'base64')
    // Status {code 8, message, details [Any {type, RetryInfo {Duration {1 s}}}]}
    expect(details.toString('latin1')).toMatch(/^\x08\x08\x12.*google\.rpc\.RetryInfo\x12\x04\x0a\x02\x08\x01$/s)
    sink.release()
    expectOk(await first)
    expectOk(await rawCall(session, grpcFrame(MESSAGE)).answer)
  })
})
