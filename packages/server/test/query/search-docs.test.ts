// docs/search.md, taken at its word: every query in it is understood and finds something in a small shop, every request in it is
// answered as its schema says.

import { readFileSync } from 'node:fs'
import { searchAnswerSchema, suggestAnswerSchema } from '@spoor/core/api/search'
import { ATTRIBUTE_LEVELS, FIELD_NAMES } from '@spoor/core/model/query-names'
import { parseQuery } from '@spoor/core/model/query-text'
import type { Attribute, Span } from '@spoor/core/model/span'
import * as v from 'valibot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve, type Served } from './serve.ts'
import { makeSpan, spanId, storeOf, traceId } from './spans.ts'

const PAGE = readFileSync(new URL('../../../../docs/search.md', import.meta.url), 'utf8')

function blocks(language: string): readonly string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text)
}

const text = (key: string, value: string): Attribute => ({ key, value: { type: 'string', value } })
const START = BigInt(Date.now() - 60_000) * 1_000_000n
const MS = 1_000_000n

interface Draft extends Partial<Span> {
  readonly service: string
  readonly host?: string
  readonly ms: bigint
}

function span(i: number, parent: number | undefined, { host = 'node-1', ms, ...draft }: Draft): Span {
  const made = makeSpan({
    ...draft,
    traceId: traceId(1),
    spanId: spanId(i),
    parentSpanId: parent === undefined ? '' : spanId(parent),
    startNs: START + BigInt(i) * MS,
    endNs: START + (BigInt(i) + ms) * MS,
  })
  const { resource } = made
  return { ...made, resource: { ...resource, attributes: [...resource.attributes, text('host.name', host)] } }
}

/** frontend calls cart, which fails for a timeout; cart asks its database; checkout has failed too; a span with odd keys. */
const SHOP: readonly Span[] = [
  span(0, undefined, {
    service: 'frontend',
    name: 'GET /',
    kind: 2,
    ms: 1800n,
    statusCode: 1,
    attributes: [text('http.route', '/')],
  }),
  span(1, 0, {
    service: 'cart',
    name: 'GET /cart',
    kind: 2,
    ms: 250n,
    host: 'node-7',
    statusCode: 2,
    attributes: [
      text('http.route', '/cart'),
      text('http.request.method', 'POST'),
      { key: 'http.response.status_code', value: { type: 'int', value: 500n } },
    ],
    events: [
      {
        timeUnixNano: START + 20n * MS,
        name: 'exception',
        attributes: [text('exception.type', 'Timeout')],
        droppedAttributesCount: 0,
      },
    ],
  }),
  span(2, 1, { service: 'cart', name: 'SELECT', kind: 3, ms: 200n, attributes: [text('db.system', 'postgresql')] }),
  span(3, 0, { service: 'checkout', name: 'pay', kind: 2, ms: 5n, statusCode: 2 }),
  span(4, 0, {
    service: 'web shop',
    name: 'odd',
    ms: 1n,
    attributes: [text('name', 'Ada'), { key: 'odd key', value: { type: 'int', value: 1n } }],
  }),
]

let served: Served
beforeAll(async () => {
  served = await serve(storeOf(SHOP))
})
afterAll(async () => await served.stop())

test.each(blocks('query').flatMap((block) => block.trim().split('\n')))('%s', async (query) => {
  expect(parseQuery(query)).toMatchObject({ ok: true })
  const answer = await fetch(`${served.url}/api/x/v1/search?q=${encodeURIComponent(query)}`)
  expect(answer.status).toBe(200)
  expect(v.parse(searchAnswerSchema, await answer.json()).traces).toHaveLength(1)
})

test.each(blocks('http').map((block) => block.trim()))('%s', async (block) => {
  const [first = '', body = ''] = block.split('\n\n', 2)
  const [method = '', target = ''] = first.split(' ')
  const answer = await fetch(`${served.url}${target}`, { method, ...(body === '' ? {} : { body }) })
  expect(answer.status).toBe(200)
  const read: unknown = await answer.json()
  if (target.includes('/attributes')) {
    v.parse(suggestAnswerSchema, read)
    return
  }
  const { traces, count, facets } = v.parse(searchAnswerSchema, read)
  expect(traces).toHaveLength(1)
  if (!body.includes('"count"')) return
  expect(count).toEqual({ traces: 1, spans: 2, exact: true })
  expect(facets?.map(({ spans }) => spans)).toEqual([2, 1])
})

test('every field, level and comparison of the language is on the page', () => {
  for (const name of FIELD_NAMES.keys()) expect(PAGE).toContain(`\`${name}\``)
  for (const level of ATTRIBUTE_LEVELS) if (level !== 'any') expect(PAGE).toContain(`\`${level}:\``)
  expect(blocks('query').length).toBeGreaterThan(5)
  expect(blocks('http').length).toBeGreaterThan(4)
})

test('a mistake is told with its place, in the words of the page', async () => {
  const quoted = /`(expected a duration.*?at\s+character 12)`/s.exec(PAGE)?.[1]?.replace(/\s+/g, ' ') ?? ''
  const answer = await fetch(`${served.url}/api/x/v1/search?q=${encodeURIComponent('duration > 5')}`)
  const { errors } = (await answer.json()) as { readonly errors: readonly { readonly msg: string }[] }
  const [before = '', place = ''] = quoted.split(', at ')
  expect(before.length).toBeGreaterThan(10)
  expect(errors[0]?.msg).toContain(before)
  expect(errors[0]?.msg).toContain(`at ${place}`)
})
