// Zipkin through the whole program: what two Envoy sidecars of an Istio mesh send of one request (B3 headers, so that the client's
// and the server's half of a call share a span id), by HTTP and, as old clients do, by UDP; and what Jaeger's API then says.

import { createSocket } from 'node:dgram'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { zipkinPacket } from '@spoor/testkit/receiver-contract/zipkin'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'

const TRACE = '80f198ee56343ba864fe8b2a57d3eff7'
const INGRESS = 'e457b5a2e4d86bd1'
const CALL = '05e3ac9a4f6e3b90'
const QUERY = '1a2b3c4d5e6f7081'
const START = (Date.now() - 60_000) * 1000

/** As Envoy's Zipkin tracer writes a span: ports of 0, tags as texts, `shared` where the id came with the request. */
function envoySpan(fields: {
  readonly id: string
  readonly parentId?: string
  readonly kind: 'CLIENT' | 'SERVER'
  readonly service: string
  readonly ipv4: string
  readonly afterMicros: number
  readonly duration: number
  readonly shared?: boolean
}): object {
  const { service, ipv4, afterMicros, ...rest } = fields
  return {
    traceId: TRACE,
    name: 'reviews.default.svc.cluster.local:9080/*',
    timestamp: START + afterMicros,
    localEndpoint: { serviceName: service, ipv4, port: 0 },
    tags: { component: 'proxy', 'http.status_code': '200', response_flags: '-', 'istio.mesh_id': 'cluster.local' },
    ...rest,
  }
}

const PRODUCT = [
  envoySpan({
    id: INGRESS,
    kind: 'SERVER',
    service: 'productpage.default',
    ipv4: '10.44.0.12',
    afterMicros: 0,
    duration: 30_000,
  }),
  envoySpan({
    id: CALL,
    parentId: INGRESS,
    kind: 'CLIENT',
    service: 'productpage.default',
    ipv4: '10.44.0.12',
    afterMicros: 2000,
    duration: 20_000,
  }),
]
const REVIEWS = [
  envoySpan({
    id: CALL,
    parentId: INGRESS,
    kind: 'SERVER',
    service: 'reviews.default',
    ipv4: '10.44.1.7',
    afterMicros: 5000,
    duration: 12_000,
    shared: true,
  }),
  envoySpan({
    id: QUERY,
    parentId: CALL,
    kind: 'CLIENT',
    service: 'reviews.default',
    ipv4: '10.44.1.7',
    afterMicros: 7000,
    duration: 5000,
  }),
]

interface V1Span {
  readonly spanID: string
  readonly processID: string
  readonly references: readonly { readonly refType: string; readonly spanID: string }[]
  readonly tags: readonly { readonly key: string; readonly value: unknown }[]
  readonly duration: number
}

interface V1Answer {
  readonly data:
    | readonly {
        readonly spans: readonly V1Span[]
        readonly processes: Readonly<Record<string, { readonly serviceName: string }>>
      }[]
    | null
}

let spoor: Spoor

beforeAll(async () => {
  spoor = await startSpoor({ args: ['--storage.type=memory'] })
})

afterAll(async () => {
  await spoor.stop()
})

async function ask(path: string): Promise<V1Answer> {
  return (await (await fetch(`${spoor.url.query}${path}`)).json()) as V1Answer
}

async function post(spans: readonly object[]): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${spoor.url.zipkinHttp}/api/v2/spans`, { method: 'POST', headers, body: JSON.stringify(spans) }))
    .status
}

test('a call through two sidecars that share its span id is a client span and a server span below it', async () => {
  // Each sidecar reports its own, and the server's comes first.
  expect(await post(REVIEWS)).toBe(202)
  expect(await post(PRODUCT)).toBe(202)
  const trace = (await ask(`/api/traces/${TRACE}`)).data?.[0]
  const shown = (trace?.spans ?? []).map(({ spanID, processID, references, tags, duration }) => ({
    id: spanID,
    parent: references.map((reference) => `${reference.refType} ${reference.spanID}`).join(),
    service: trace?.processes[processID]?.serviceName,
    kind: tags.find(({ key }) => key === 'span.kind')?.value,
    duration,
  }))
  const server = '0000000000000001' // its half of the shared id, with an id of its own
  expect(shown.toSorted((a, b) => b.duration - a.duration)).toEqual([
    { id: INGRESS, parent: '', service: 'productpage.default', kind: 'server', duration: 30_000 },
    { id: CALL, parent: `CHILD_OF ${INGRESS}`, service: 'productpage.default', kind: 'client', duration: 20_000 },
    { id: server, parent: `CHILD_OF ${CALL}`, service: 'reviews.default', kind: 'server', duration: 12_000 },
    { id: QUERY, parent: `CHILD_OF ${server}`, service: 'reviews.default', kind: 'client', duration: 5000 },
  ])
})

test('raw, the trace has the ids as they were sent', async () => {
  const spans = (await ask(`/api/traces/${TRACE}?raw=true`)).data?.[0]?.spans ?? []
  expect(spans.map(({ spanID }) => spanID).toSorted()).toEqual([CALL, CALL, QUERY, INGRESS].toSorted())
})

test('a search by service and tag finds it, and the call stands in the dependencies', async () => {
  const tags = encodeURIComponent('{"http.status_code":"200"}')
  expect((await ask(`/api/traces?service=reviews.default&tags=${tags}`)).data).toHaveLength(1)
  const { data } = (await (await fetch(`${spoor.url.query}/api/dependencies?endTs=${Date.now()}`)).json()) as {
    readonly data: readonly object[]
  }
  expect(data).toEqual([
    expect.objectContaining({ parent: 'productpage.default', child: 'reviews.default', callCount: 1 }),
  ])
})

test('packets of emitZipkinBatch on 5775 are stored and found', async () => {
  const client = createSocket('udp4')
  const packet = zipkinPacket(numberedSpans(1, 20))
  await new Promise<void>((resolve) => client.send(packet, spoor.ports.zipkinCompact, '127.0.0.1', () => resolve()))
  client.close()
  const id = `${(0xabcd0000 + 7).toString(16)}${'0'.repeat(24)}`
  await expect.poll(async () => (await ask(`/api/traces/${id}`)).data?.length, { timeout: 10_000 }).toBe(1)
})
