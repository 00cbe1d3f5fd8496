// Health and reflection beside Export on one port, through grpc-js and descriptors that protobufjs reads back.

import { Client, credentials, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { createSink } from '@spoor/testkit/receiver-contract/sink'
import type { Receiver } from '../api/receiver.ts'
import { createOtlpGrpcReceiver } from './receiver.ts'

const TRACE_SERVICE = 'opentelemetry.proto.collector.trace.v1.TraceService'
const SERVING = Buffer.of(8, 1)
const NOT_SERVING = Buffer.of(8, 2)

let host: TestHost
let receiver: Receiver
let client: Client

beforeEach(async () => {
  host = createTestHost(createSink())
  receiver = createOtlpGrpcReceiver(
    {
      listen: { host: '127.0.0.1', port: 0 },
      maxMessageBytes: 1 << 20,
      readTimeoutMs: 1000,
      maxConnectionAgeMs: 0,
      maxConnectionAgeGraceMs: 0,
    },
    host,
  )
  const [listening] = await receiver.start()
  client = new Client(listening?.address ?? '', credentials.createInsecure())
})

afterEach(async () => {
  client.close()
  await receiver.stop()
})

const same = (bytes: Buffer): Buffer => bytes

function text(field: number, value: string): Buffer {
  return Buffer.from(new BinaryWriter().tag(field, 2).string(value).finish())
}

function check(service: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', same, same, text(1, service), (error, response) => {
      if (error === null) resolve(response ?? Buffer.alloc(0))
      else reject(error)
    })
  })
}

function watch(service: string): ClientReadableStream<Buffer> {
  return client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', same, same, text(1, service))
}

describe('health', () => {
  it.each(['', TRACE_SERVICE, 'grpc.health.v1.Health'])('of %j is good', async (service) => {
    expect(await check(service)).toEqual(SERVING)
    expect(await host.count('spoor_requests_total', { code: 'probe' })).toBe(1)
  })

  it('of an unknown service is not found', async () => {
    const refusal: unknown = await check('no.such').catch((thrown: unknown) => thrown)
    expect((refusal as ServiceError).code).toBe(5)
  })

  it('tells those who watch that the server stops', async () => {
    const stream = watch(TRACE_SERVICE)
    expect(await once(stream, 'data')).toEqual([SERVING])
    const last = once(stream, 'data')
    const ended = once(stream, 'end')
    await receiver.stop()
    expect(await last).toEqual([NOT_SERVING])
    await ended
  })

  it('survives watchers that leave', async () => {
    for (let i = 0; i < 20; i++) {
      const stream = watch('')
      stream.on('error', () => {}) // CANCELLED, as asked
      await once(stream, 'data')
      stream.cancel()
    }
    expect(await check('')).toEqual(SERVING)
  })
})

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  async function ask(request: Buffer): Promise<Map<number, Buffer>> {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    const stream = client.makeBidiStreamRequest(path, same, same)
    const answer = once(stream, 'data') as Promise<[Buffer]>
    stream.write(request)
    const [bytes] = await answer
    stream.end()
    const reader = new BinaryReader(bytes)
    const fields = new Map<number, Buffer>()
    while (reader.pos < reader.len) fields.set(reader.uint32() >>> 3, Buffer.from(reader.bytes()))
    return fields
  }

  it('lists the services', async () => {
    const list = (await ask(text(7, ''))).get(6)?.toString('latin1')
    expect(list).toContain(TRACE_SERVICE)
    expect(list).toContain('grpc.health.v1.Health')
  })

  it('describes Export with all it needs, each file before its users can miss it', async () => {
    const answer = (await ask(text(4, `${TRACE_SERVICE}.Export`))).get(4) ?? Buffer.alloc(0)
    const reader = new BinaryReader(answer)
    const files: FileDescriptorProto[] = []
    while (reader.pos < reader.len) {
      expect(reader.uint32()).toBe(0x0a)
      files.push(fromBinary(FileDescriptorProtoSchema, reader.bytes()))
    }
    expect(files.map((file) => file.name.split('/').at(-1))).toEqual([
      'trace_service.proto',
      'trace.proto',
      'common.proto',
      'resource.proto',
    ])
    const names = new Set(files.map((file) => file.name))
    for (const file of files) for (const dependency of file.dependency) expect(names).toContain(dependency)
  })

  it('says what it does not know', async () => {
    expect((await ask(text(4, 'no.such.Thing'))).get(7)?.toString('latin1')).toContain('no.such.Thing not found')
    expect((await ask(text(3, 'no/such.proto'))).get(7)?.toString('latin1')).toContain('not found')
  })

  it('finds a file by its name', async () => {
    const answer = await ask(text(3, 'opentelemetry/proto/trace/v1/trace.proto'))
    expect(answer.get(4)?.toString('latin1')).toContain('start_time_unix_nano')
  })
})
