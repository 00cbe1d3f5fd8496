// The way between form and query line: nothing is lost on it, and a facet's click says what it means.

import { evaluate } from '@spoor/core/model/evaluate'
import { sameFilter, type Filter } from '@spoor/core/model/filter'
import { parseQuery } from '@spoor/core/model/query-text'
import { EMPTY_SPAN } from '@spoor/core/model/span'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatLogfmt } from './logfmt.ts'
import { choicesOf, facetTarget, formToQuery, queryToForm, withChoice, withoutChoice } from './search-filter.ts'
import { emptyForm, type SearchForm } from './search-url.ts'

const BLANK = emptyForm(1_787_220_000_000)

function filterOf(q: string): Filter | undefined {
  const read = parseQuery(q)
  if (!read.ok) throw new Error(`${q}: ${read.message}`)
  return read.filter
}

/** The form's whole condition, by way of its text. */
function meaning(form: SearchForm): Filter | undefined {
  return filterOf(formToQuery(form)?.q ?? 'not understood at all')
}

const form = (part: Partial<SearchForm>): SearchForm => ({ ...BLANK, ...part })

describe('the form as a query', () => {
  test.each<[Partial<SearchForm>, string]>([
    [{ service: 'cart' }, 'service = cart'],
    [{ service: 'a b', operation: 'GET /x' }, 'service = "a b" and name = "GET /x"'],
    [{ minDuration: '1.5ms', maxDuration: '2s' }, 'duration >= 1.5ms and duration <= 2s'],
    [{ minDuration: '0s' }, ''],
    [{ tags: 'error=true http.status_code=500' }, 'error = true and http.status_code = 500'],
    [{ tags: 'name=x' }, '"name" = x'],
    [{ service: 'cart', q: 'kind = server or duration > 1s' }, 'service = cart and (kind = server or duration > 1s)'],
    [{ service: 'empty-service-name' }, 'service = ""'],
  ])('%j', (part, q) => {
    expect(formToQuery(form(part))).toEqual(form({ q }))
  })

  test('is not made of what is not understood', () => {
    for (const part of [{ q: '(' }, { tags: 'a="' }, { minDuration: '5' }])
      expect(formToQuery(form(part))).toBeUndefined()
  })
})

describe('a query in the form', () => {
  test.each<[string, Partial<SearchForm>]>([
    ['service = cart and name = "GET /x"', { service: 'cart', operation: 'GET /x' }],
    ['duration >= 1.5ms and duration <= 2s', { minDuration: '1.5ms', maxDuration: '2s' }],
    ['error = true http.route = "/a b"', { tags: 'error=true http.route="/a b"' }],
    ['service = cart and (kind = server or duration > 1s)', { service: 'cart', q: 'kind = server or duration > 1s' }],
    ['service = a and service = b', { service: 'a', q: 'service = b' }],
    ['x = 1 and x = 2', { tags: 'x=1', q: 'x = 2' }],
    ['name = all and service = cart', { service: 'cart', q: 'name = all' }],
  ])('%s', (q, part) => {
    expect(queryToForm(form({ q }))).toEqual(form({ q: '', ...part }))
  })

  test.each([
    '',
    'kind = server',
    'service = a or service = b',
    'span:x = 1',
    'service = ""',
    'trace.duration >= 1s',
    '(',
  ])('keeps %j where it is', (q) => expect(queryToForm(form({ q }))).toBeUndefined())
})

test('there and back, the search stays the same', () => {
  const word = fc.constantFrom('cart', 'a b', 'all', '-', 'or', '"', 'trace.spans', '5', 'é', 'x:y', 'resource:host')
  const condition = fc.oneof(
    fc
      .tuple(fc.constantFrom('service', 'name', '"name"', 'http.route', 'span:x', 'root.service'), word)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
    fc.constantFrom('duration >= 1ms', 'duration <= 2s', 'duration > 3s', 'kind = client', 'status in (ok, error)'),
    fc.constantFrom('not status = error', 'exists http.route', '(kind = server or name = x)', 'trace.errors > 2'),
  )
  const forms = fc.record({
    service: fc.constantFrom('', 'cart', 'a b'),
    operation: fc.constantFrom('', 'GET /'),
    tags: fc.dictionary(word, word).map(formatLogfmt),
    minDuration: fc.constantFrom('', '1.2s'),
    maxDuration: fc.constantFrom('', '1m0.5s'),
    q: fc.array(condition, { maxLength: 6 }).map((parts) => parts.join(' and ')),
  })
  fc.assert(
    fc.property(forms, (part) => {
      const given = form(part)
      const wanted = meaning(given)
      const asQuery = formToQuery(given)
      if (asQuery === undefined) throw new Error('not understood')
      const filled = queryToForm(asQuery) ?? asQuery
      const conditions = (filter: Filter | undefined): string[] =>
        (filter?.op === 'and' ? filter.args : filter === undefined ? [] : [filter]).map((one) => one.op).toSorted()
      expect(conditions(meaning(filled))).toEqual(conditions(wanted))
      // Conditions change places but not what they say: a second way there gives the same text as the first back.
      const again = formToQuery(queryToForm(formToQuery(filled) ?? filled) ?? filled)
      expect(again?.q).toBe(formToQuery(filled)?.q)
      const span = { ...EMPTY_SPAN, service: 'cart', name: 'GET /' }
      if (wanted !== undefined) expect(evaluate(meaning(filled) ?? wanted, span)).toBe(evaluate(wanted, span))
    }),
  )
})

describe('a facet', () => {
  const status = { target: { field: 'status' }, value: 'error', not: false } as const
  const notCart = { target: { field: 'service' }, value: 'cart', not: true } as const
  const route = { target: { attr: 'http.route', level: 'any' }, value: '/a b', not: false } as const

  test('adds a condition without touching what was typed', () => {
    expect(withChoice(form({ q: ' duration>1s ' }), status).q).toBe('duration>1s and status = error')
    expect(withChoice(form({ q: 'a=1 or b=2' }), notCart).q).toBe('(a=1 or b=2) and not service = cart')
    expect(withChoice(BLANK, route).q).toBe('http.route = "/a b"')
    const text = 'a=1 or b=2'
    const added = filterOf(withChoice(form({ q: text }), status).q)
    const wanted: Filter = { op: 'and', args: [filterOf(text) as Filter, filterOf('status = error') as Filter] }
    expect(added !== undefined && sameFilter(added, wanted)).toBe(true)
  })

  test('fills the field of a service where that is empty', () => {
    const cart = { ...notCart, not: false }
    expect(withChoice(BLANK, cart)).toMatchObject({ service: 'cart', q: '' })
    expect(withChoice(form({ service: 'shop' }), cart)).toMatchObject({ service: 'shop', q: 'service = cart' })
  })

  test('is taken back wherever it stands', () => {
    for (const given of [form({ q: 'kind = server' }), form({ service: 'shop', tags: 'x=1' }), BLANK]) {
      for (const choice of [status, notCart, route, { ...notCart, not: false }]) {
        const chosen = withChoice(given, choice)
        expect(choicesOf(chosen)).toContainEqual(choice)
        expect(meaning(withoutChoice(chosen, choice))).toEqual(meaning(given))
      }
    }
    const tag = { ...route, target: { attr: 'x', level: 'any' }, value: '1' } as const
    expect(withoutChoice(form({ tags: 'x=1 y=2' }), tag).tags).toBe('y=2')
  })

  test.each([
    ['http.route', { attr: 'http.route', level: 'any' }],
    ['resource:host.name', { attr: 'host.name', level: 'resource' }],
    ['"a b"', { attr: 'a b', level: 'any' }],
    ['service', undefined],
    ['', undefined],
    ['a = 1', undefined],
    ['resource:', undefined],
  ])('by the text %j', (text, target) => expect(facetTarget(text)).toEqual(target))
})
