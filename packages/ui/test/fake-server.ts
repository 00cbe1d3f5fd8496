// A small server in place of Spoor's, with the same routes: the built UI, the contracts of core/api with seeded data, and
// faults on demand. The request log lets a test say what the UI asked.

import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { COLUMNS_CONTENT_TYPE } from '@spoor/core/api/trace-columns'
import type { FacetAnswer, FacetTarget, TraceSummary } from '@spoor/core/api/search'
import type { DependencyEdge } from '@spoor/core/api/dependencies'
import type { NamedSpan } from '@spoor/core/api/named-spans'
import { columnsOf, detailsOf, fakeSummaries, fakeTraces, findIn, makeTrace, type FakeTrace } from './fake-data.ts'
import { SHOP } from './fake-dependencies.ts'

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
}

/** What a route does instead of answering. `hang` never answers; `cut` breaks the connection in the middle. */
export type Fault = { status: number; body?: string } | 'hang' | 'cut'

export interface FakeServer {
  /** With a slash at the end: `http://127.0.0.1:1234/` or `…/jaeger/`. */
  readonly url: string
  /** Path and query of each request, without the base path. */
  readonly requests: string[]
  /** Requests whose client went away before they had an answer. */
  readonly aborted: string[]
  /** Faults by the beginning of the path: `api/x/v1/search`. */
  readonly faults: Map<string, Fault>
  services: string[]
  summaries: TraceSummary[]
  dependencies: readonly DependencyEdge[]
  partial: boolean
  /** Values of the attributes that the query line completes with. */
  attributes: Readonly<Record<string, readonly string[]>>
  close(): Promise<void>
}

const FIELD_VALUES: Readonly<Record<string, readonly string[]>> = {
  name: ['GET /orders', 'GET /cart'],
  status: ['unset', 'error'],
  kind: ['server', 'client', 'internal'],
}
const STATS = { segments: 3, segmentsPruned: 1, blocks: 40, blocksPruned: 30, bytesRead: 123_456 }
const EXPLAIN = { stats: STATS, candidates: 61, rejected: 1, rechecked: true, findMs: 1.5, readMs: 2, checkMs: 0.25 }

class Fake {
  readonly requests: string[] = []
  readonly aborted: string[] = []
  readonly faults = new Map<string, Fault>()
  services = ['cart', 'checkout', 'customer', 'driver', 'frontend', 'mysql', 'redis', 'route', 'a/b c&d', 'サービス']
  summaries = fakeSummaries(60)
  dependencies: readonly DependencyEdge[] = SHOP
  partial = false
  attributes: Readonly<Record<string, readonly string[]>> = {
    'http.route': ['/cart', '/orders', '/orders/{id}'],
    'http.status_code': ['200', '404', '500'],
    'host.name': ['a node', 'node-7'],
  }
  readonly #made = new Map<string, FakeTrace>()
  readonly #known = fakeTraces()
  readonly #dist: string
  readonly #base: string

  constructor(dist: string, base: string) {
    this.#dist = dist
    this.#base = base
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x')
    if (!url.pathname.startsWith(this.#base)) return send(response, 404, 'text/plain', 'outside the base path')
    const path = url.pathname.slice(this.#base.length)
    this.requests.push(path + url.search)
    response.on('close', () => {
      if (!response.writableEnded) this.aborted.push(path + url.search)
    })
    for (const [prefix, fault] of this.faults) if (path.startsWith(prefix)) return fail(response, fault)
    if (path.startsWith('api/')) this.#api(path.slice(4), url.searchParams, response)
    else if (path.startsWith('static/')) sendFile(response, this.#dist, path)
    else sendFile(response, this.#dist, 'index.html')
  }

  #api(path: string, query: URLSearchParams, response: ServerResponse): void {
    const parts = path.split('/').map(decodeURIComponent)
    if (path === 'services')
      return sendJson(response, { data: this.services, total: this.services.length, limit: 0, offset: 0, errors: null })
    if (parts[0] === 'services') {
      const data = Array.from({ length: 12 }, (_, i) => `${parts[1]} operation ${i}`)
      return sendJson(response, { data, total: data.length, limit: 0, offset: 0, errors: null })
    }
    if (path === 'x/v1/dependencies') return sendJson(response, { links: this.dependencies })
    if (path === 'x/v1/search') return this.#search(query, response)
    if (parts[2] === 'attributes') {
      const of = parts[3] === undefined ? Object.keys(this.attributes) : (this.attributes[parts[3]] ?? [])
      const suggestions = of.filter((text) => text.startsWith(query.get('prefix') ?? '')).toSorted()
      return sendJson(response, { suggestions })
    }
    if (path === 'x/v1/spans') return sendJson(response, { spans: this.#named(query.getAll('ref')) })
    const trace = parts[1] === 'v1' && parts[2] === 'traces' ? this.trace(parts[3] ?? '') : undefined
    if (trace === undefined)
      return sendJson(response, { data: null, errors: [{ code: 404, msg: 'trace not found' }] }, 404)
    if (parts[4] === 'find') return sendJson(response, { spanIds: findIn(trace, query.get('q') ?? '') })
    if (parts[4] === 'columns') return send(response, 200, COLUMNS_CONTENT_TYPE, Buffer.from(columnsOf(trace)))
    const spans = detailsOf(trace, parts[5] ?? '')
    if (spans.length === 0) return sendJson(response, { errors: [{ code: 404, msg: 'span not found' }] }, 404)
    sendJson(response, { spans })
  }

  #search(query: URLSearchParams, response: ServerResponse): void {
    const service = query.get('service')
    const ids = query.getAll('traceID')
    const traces = this.summaries
      .filter((summary) => !service || summary.services.some((entry) => entry.name === service))
      .filter((summary) => ids.length === 0 || ids.includes(summary.traceId))
    const from = Number(query.get('cursor') ?? 0)
    const to = from + Number(query.get('limit') ?? 20)
    const spans = traces.reduce((sum, trace) => sum + trace.spanCount, 0)
    const targets = JSON.parse(query.get('facets') ?? '[]') as readonly FacetTarget[]
    sendJson(response, {
      traces: traces.slice(from, to),
      partial: this.partial,
      ...(this.partial ? { spent: 'time' } : {}),
      ...(to < traces.length ? { next: String(to) } : {}),
      ...(query.get('count') === 'true' ? { count: { traces: traces.length, spans, exact: !this.partial } } : {}),
      ...(query.has('facets') ? { facets: targets.map((target) => this.#facet(target, spans)) } : {}),
      ...(query.get('explain') === 'true' ? { explain: { ...EXPLAIN, query: query.get('q') ?? '' } } : {}),
      tookMs: 3.4,
    })
  }

  #facet(target: FacetTarget, spans: number): FacetAnswer {
    const named = 'attr' in target ? this.attributes[target.attr] : FIELD_VALUES[target.field]
    const values = (named ?? this.services).map((value, i) => ({ value, spans: Math.floor(spans / 2 ** (i + 1)) }))
    return { target, values, spans, partial: this.partial }
  }

  #named(refs: readonly string[]): NamedSpan[] {
    return refs.flatMap((ref) => {
      const [traceId = '', spanId = ''] = ref.split(':')
      const span = this.trace(traceId)?.spans.find((one) => one.id === spanId)
      return span === undefined ? [] : [{ traceId, spanId, service: span.service, name: span.name }]
    })
  }

  trace(given: string): FakeTrace | undefined {
    const id = given.toLowerCase().padStart(32, '0')
    const made = this.#made.get(id) ?? this.#known.get(id)?.() ?? this.#generated(id)
    if (made !== undefined) this.#made.set(id, made)
    return made
  }

  #generated(id: string): FakeTrace | undefined {
    return /^0{24}beef[0-9a-f]{4}$/.test(id) ? makeTrace(id, 500 + parseInt(id.slice(-4), 16), 20) : undefined
  }
}

function fail(response: ServerResponse, fault: Fault): void {
  if (fault === 'hang') return
  if (fault === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' })
    response.write('{"data":[')
    setImmediate(() => response.destroy())
    return
  }
  send(
    response,
    fault.status,
    'application/json',
    fault.body ?? JSON.stringify({ errors: [{ code: fault.status, msg: 'the disk is on fire' }] }),
  )
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  send(response, status, 'application/json', JSON.stringify(body))
}

function sendFile(response: ServerResponse, dist: string, path: string): void {
  const file = join(dist, path)
  if (path.includes('..') || !existsSync(file)) return send(response, 404, 'text/plain', 'no such file')
  send(response, 200, TYPES[extname(path)] ?? 'application/octet-stream', readFileSync(file))
}

/** `dist` is the built UI; `base` is `/` or `/jaeger/`. */
export async function startFakeServer(dist: string, base = '/'): Promise<FakeServer> {
  const fake = new Fake(dist, base)
  const server = createServer((request, response) => fake.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return Object.assign(fake, { url: `http://127.0.0.1:${port}${base}`, close })
}
