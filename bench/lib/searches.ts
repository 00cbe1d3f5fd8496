// The searches that the benchmarks time, over HTTP as a plain client asks: uncompressed, one at a time, Jaeger's JSON of whole
// traces.

import { Agent, get as httpGet } from 'node:http'

export interface Timing {
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the largest body. */
  readonly bytes: number
}

/** What the load held, as the client says. */
export interface Known {
  readonly traceIds: readonly string[]
  readonly userIds: readonly string[]
}

/** URLs by case. `window`: parameters start, end and limit. */
export function searchCases(base: string, known: Known, window: string): Record<string, string[]> {
  const search = (query: string): string[] => [`${base}/api/traces?${query}&${window}`]
  const tags = (object: object): string => `tags=${encodeURIComponent(JSON.stringify(object))}`
  return {
    'search by service': ['frontend', 'cart', 'payment', 'email'].flatMap((name) => search(`service=${name}`)),
    'service + operation': search(`service=cart&operation=${encodeURIComponent('GET /api/cart/item')}`),
    'common tag': search(`service=cart&${tags({ 'http.status_code': '500' })}`),
    'error=true': search(`service=cart&${tags({ error: 'true' })}`),
    'rare tag': known.userIds.flatMap((id) => search(tags({ 'user.id': id }))),
    'absent value': search(tags({ 'user.id': 'nobody' })),
    'min duration': search('service=cart&minDuration=1s'),
    'trace by id': known.traceIds.map((id) => `${base}/api/traces/${id}`),
    services: [`${base}/api/services`],
  }
}

/** What looks at everything that matches, of Spoor's own API: summaries, not traces. */
export function indexCases(base: string, window: string): Record<string, string[]> {
  const page = (query: string): string[] => [`${base}/api/x/v1/search?${window}&${query}`]
  const json = (value: unknown): string => encodeURIComponent(JSON.stringify(value))
  const status = `tags=${json({ 'http.status_code': '500' })}`
  const longer = json({ op: 'gt', target: { trace: 'duration' }, value: 1_000_000_000 })
  const fields = json([{ field: 'service' }, { field: 'name' }, { field: 'status' }])
  return {
    'trace duration > 1 s, newest': page(`filter=${longer}`),
    'longest 20 of all': page('order=duration'),
    'count of all': page('count=true'),
    'count by service': page('count=true&service=cart'),
    'count by common tag': page(`count=true&${status}`),
    'count by trace duration > 1 s': page(`count=true&filter=${longer}`),
    'facets by 3 fields, of a service': page(`service=cart&facets=${fields}`),
    'facet by tag, of all': page(`facets=${json([{ attr: 'http.route', level: 'any' }])}`),
    'keys to suggest': [`${base}/api/x/v1/attributes?prefix=http`],
  }
}

/** Bytes of the body. A plain client, as curl: it asks for no compression. */
async function get(agent: Agent, url: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const request = httpGet(url, { agent }, (answer) => {
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(bytes)
        else reject(new Error(`${url}: ${answer.statusCode}`))
      })
    })
    request.on('error', reject)
  })
}

/** `between` runs before each request, outside what is timed. */
export async function time(urls: readonly string[], rounds: number, between?: () => Promise<void>): Promise<Timing> {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  let bytes = 0
  for (let i = 0; i < rounds; i++) {
    await between?.()
    const begun = performance.now()
    const size = await get(agent, urls[i % urls.length] ?? '')
    times.push(performance.now() - begun)
    bytes = Math.max(bytes, size)
  }
  agent.destroy()
  times.sort((a, b) => a - b)
  return { p50Ms: times[times.length >> 1] ?? 0, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0, bytes }
}
