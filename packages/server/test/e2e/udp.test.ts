// Jaeger's thrift over UDP through the whole program: recorded packets of real clients, the books of its metrics, a stop
// under load, and no thread where it is switched off.

import { createSocket, type Socket } from 'node:dgram'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { numberedPacket } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { startSpoor } from '@spoor/testkit/spoor/start'
import { readSpanIds } from './otlp.ts'
import { scrape, type Count } from './scrape.ts'

const INPUTS = fileURLToPath(new URL('../golden/inputs/', import.meta.url))
/** Both plain recordings hold this trace: four spans of three services in three packets. */
const PLAIN_TRACE = '5a00000000000001a000000000000001'
const PACKETS = 300
const SPANS = 10

let client: Socket

beforeAll(() => {
  client = createSocket('udp4')
})
afterAll(() => {
  client.close()
})

async function send(packet: Uint8Array, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
  })
}

/** Names of a process's threads; Linux only. */
function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim())
}

function balance(count: Count, receiver: string): { readonly received: number; readonly accounted: number } {
  const protocol = receiver.slice('jaeger-'.length)
  const received = count('spoor_udp_packets_received_total', { receiver })
  const requests = count('spoor_requests_total', { receiver })
  const dropped = count('spoor_udp_packets_dropped_total', { receiver })
  const queued = count('jaeger_agent_thrift_udp_server_queue_size', { protocol })
  return { received, accounted: requests + dropped + queued }
}

test('recorded packets of both encodings are stored, and the UDP books balance with bad ones among them', async () => {
  const spoor = await startSpoor()
  try {
    const ports = { 'jaeger-compact': spoor.ports.jaegerCompact, 'jaeger-binary': spoor.ports.jaegerBinary }
    for (const [receiver, port] of Object.entries(ports)) {
      const folder = `${INPUTS}${receiver.replace('jaeger-', 'jaeger-udp-')}/`
      const packets = readdirSync(folder).map((name) => readFileSync(folder + name))
      for (const packet of packets) await send(packet, port)
      for (const packet of ['', 'no thrift at all']) await send(Buffer.from(packet), port)
      const sent = packets.length + 2
      const books = async (): Promise<unknown> => balance(await scrape(spoor.url.admin), receiver)
      await expect.poll(books, { timeout: 10_000 }).toEqual({ received: sent, accounted: sent })
      const ok = async (): Promise<number> =>
        (await scrape(spoor.url.admin))('spoor_requests_total', { receiver, code: 'ok' })
      await expect.poll(ok, { timeout: 10_000 }).toBe(packets.length)
      // More spans than packets. One has a trace id of zeros, one a span id of zeros.
      const spans = async (): Promise<unknown> => {
        const count = await scrape(spoor.url.admin)
        const stored = count('spoor_spans_stored_total', { receiver })
        return { enough: stored > packets.length, refused: count('spoor_spans_refused_total', { receiver }) }
      }
      await expect.poll(spans, { timeout: 10_000 }).toEqual({ enough: true, refused: 2 })
    }
    // The same spans twice, once in each encoding.
    expect(new Set(await readSpanIds(spoor.url.query, PLAIN_TRACE)).size).toBe(4)
  } finally {
    await spoor.stop()
  }
})

test('a stop with packets under way loses none that were received', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'spoor-udp-'))
  try {
    const spoor = await startSpoor({ dataDir })
    for (let i = 0; i < PACKETS; i++) {
      await send(numberedPacket(numberedSpans(1 + i * SPANS, SPANS), 'compact'), spoor.ports.jaegerCompact)
    }
    const received = async (): Promise<number> => balance(await scrape(spoor.url.admin), 'jaeger-compact').received
    await expect.poll(received, { timeout: 10_000 }).toBe(PACKETS)
    await spoor.stop()
    const again = await startSpoor({ dataDir })
    const count = await scrape(again.url.admin)
    await again.stop()
    // So few are not sealed at a stop: the next start reads them back.
    expect(count('spoor_spool_replayed_spans_total')).toBe(PACKETS * SPANS)
  } finally {
    await rm(dataDir, { recursive: true })
  }
})

test('switched off, neither socket nor thread exists', async () => {
  const processors = ['jaeger-compact', 'jaeger-binary', 'zipkin-compact']
  const off = processors.map((name) => `--processor.${name}.server-host-port=off`)
  const spoor = await startSpoor({ args: off })
  try {
    expect(spoor.output()).not.toMatch(/(?:Jaeger|Zipkin) (?:compact|binary)/)
    if (process.platform === 'linux') {
      expect(threadsOf(spoor.pid)).toContain('spoor-ingest')
      expect(threadsOf(spoor.pid)).not.toContain('spoor-udp')
    }
    const count = await scrape(spoor.url.admin)
    expect(count('spoor_udp_socket_buffer_bytes')).toBe(0)
  } finally {
    await spoor.stop()
  }
})
