// The text language: what each form means, where mistakes are shown, and that what is printed reads back as the same filter.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_QUERY_LENGTH, parseQuery } from './query-text.ts'
import { printQuery } from './query-print.ts'
import type { Filter, FilterTarget } from './filter.ts'

const attr = (key: string, level: 'any' | 'span' | 'resource' | 'event' = 'any'): FilterTarget => ({ attr: key, level })
const service: FilterTarget = { field: 'service' }

const MEANINGS: readonly (readonly [string, Filter | undefined])[] = [
  ['', undefined],
  ['   ', undefined],
  ['service = cart', { op: 'eq', target: service, value: 'cart' }],
  ['http.status_code=500', { op: 'eq', target: attr('http.status_code'), value: '500' }],
  ['operation == "GET /"', { op: 'eq', target: { field: 'name' }, value: 'GET /' }],
  ['duration > 1.5s', { op: 'gt', target: { field: 'duration' }, value: 1_500_000_000n }],
  ['trace.spans >= 100', { op: 'gte', target: { trace: 'spanCount' }, value: 100n }],
  ['kind in (server, CLIENT)', { op: 'in', target: { field: 'kind' }, values: ['server', 'client'] }],
  ['exists resource:service.version', { op: 'exists', target: attr('service.version', 'resource') }],
  ['event:"odd key" != x', { op: 'ne', target: attr('odd key', 'event'), value: 'x' }],
  ['url=http://h/?a=b', { op: 'eq', target: attr('url'), value: 'http://h/?a=b' }],
  ['aws:region = eu', { op: 'eq', target: attr('aws:region'), value: 'eu' }],
  ['"name" = x', { op: 'eq', target: attr('name'), value: 'x' }],
  [
    'start >= 2026-08-20T10:00:00Z',
    { op: 'gte', target: { field: 'start' }, value: BigInt(Date.UTC(2026, 7, 20, 10)) * 1_000_000n },
  ],
  [
    'a=1 b="x y"',
    {
      op: 'and',
      args: [
        { op: 'eq', target: attr('a'), value: '1' },
        { op: 'eq', target: attr('b'), value: 'x y' },
      ],
    },
  ],
  [
    'a = 1 and b = 2 or not c = 3',
    {
      op: 'or',
      args: [
        {
          op: 'and',
          args: [
            { op: 'eq', target: attr('a'), value: '1' },
            { op: 'eq', target: attr('b'), value: '2' },
          ],
        },
        { op: 'not', arg: { op: 'eq', target: attr('c'), value: '3' } },
      ],
    },
  ],
  [
    'a !~ "h.*"',
    {
      op: 'and',
      args: [
        { op: 'exists', target: attr('a') },
        { op: 'not', arg: { op: 'regex', target: attr('a'), value: 'h.*' } },
      ],
    },
  ],
]

const MISTAKES: readonly (readonly [string, number, string])[] = [
  ['service', 7, 'expected one of = != > >= < <= =~ !~ in'],
  ['service = ', 10, 'expected a value'],
  ['(a = 1', 0, 'this ( is not closed'],
  ['a = 1)', 5, 'this ) closes nothing'],
  ['duration > 5', 11, 'expected a duration such as 100ms or 1.5s'],
  ['status = bad', 9, 'expected one of unset, ok, error'],
  ['a in 1', 5, 'expected ( and a list of values'],
  ['a in (1 2)', 8, 'expected , or )'],
  ['a = "x', 4, 'expected a value'],
  ['and a = 1', 0, 'expected a field or an attribute'],
  ['trace.spans = many', 14, 'expected a whole number'],
  ['start > noon', 8, 'expected a time such as'],
]

const level = fc.constantFrom('any' as const, 'span' as const, 'resource' as const, 'event' as const)
const text = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('and', 'name', 'span:x', 'a b', '"', '\\', '=', 'é'))
const textTarget: fc.Arbitrary<FilterTarget> = fc.oneof(
  fc.record({ attr: text, level }),
  fc.constantFrom<FilterTarget>(service, { field: 'name' }, { trace: 'rootService' }, { trace: 'rootName' }),
)
const order = fc.constantFrom(
  'eq' as const,
  'ne' as const,
  'gt' as const,
  'gte' as const,
  'lt' as const,
  'lte' as const,
)
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ op: order, target: textTarget, value: text }),
  fc.record({ op: fc.constant('regex' as const), target: textTarget, value: text }),
  fc.record({
    op: fc.constant('in' as const),
    target: textTarget,
    values: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ op: fc.constant('exists' as const), target: textTarget }),
  fc.record({
    op: order,
    target: fc.constantFrom<FilterTarget>({ field: 'duration' }, { trace: 'duration' }),
    value: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  }),
  fc.record({
    op: order,
    target: fc.constant<FilterTarget>({ trace: 'spanCount' }),
    value: fc.bigInt({ min: 0n, max: 10n ** 9n }),
  }),
  fc.record({
    op: order,
    target: fc.constant<FilterTarget>({ field: 'kind' }),
    value: fc.constantFrom('server', 'client'),
  }),
)
/** Filters whose operands are of the types that the text gives them. */
const { textualFilters } = fc.letrec<{ textualFilters: Filter }>((tie) => ({
  textualFilters: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      args: fc.array(tie('textualFilters'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('not' as const), arg: tie('textualFilters') }),
  ),
}))

describe('the text language', () => {
  test.each(MEANINGS)('%j is read', (text, filter) => {
    expect(parseQuery(text)).toEqual({ ok: true, filter })
  })

  test.each(MISTAKES)('%j is refused, with the place', (text, at, message) => {
    expect(parseQuery(text)).toEqual({ ok: false, at, message: expect.stringContaining(message) as string })
  })

  test('what is printed reads back as the same filter', () => {
    fc.assert(
      fc.property(textualFilters, (filter) => {
        const text = printQuery(filter)
        const read = parseQuery(text)
        expect(read).toMatchObject({ ok: true })
        expect(read.ok && flat(read.filter)).toEqual(flat(filter))
      }),
    )
  })

  test('any text is read or refused with a place inside it', () => {
    const pieces = fc.constantFrom(
      '(',
      ')',
      'and',
      'or',
      'not',
      'a',
      '=',
      '"',
      '\\',
      ',',
      'in',
      'exists',
      ' ',
      '>',
      '~',
      'é',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('')
        const read = parseQuery(text)
        if (!read.ok) expect(read.at).toBeLessThanOrEqual(text.length)
      }),
    )
  })

  test('depth, length and conditions are bounded', () => {
    expect(parseQuery('('.repeat(40) + 'a=1' + ')'.repeat(40))).toMatchObject({
      ok: false,
      message: expect.stringContaining('nested') as string,
    })
    expect(parseQuery('a=1 '.repeat(300))).toMatchObject({
      ok: false,
      message: expect.stringContaining('more than 256') as string,
    })
    expect(parseQuery('a'.repeat(MAX_QUERY_LENGTH + 1))).toMatchObject({
      ok: false,
      message: expect.stringContaining('longer than') as string,
    })
  })
})

/** Without nesting that says nothing: an `and` in an `and`, a list of one. */
function flat(filter: Filter | undefined): Filter | undefined {
  if (filter === undefined) return undefined
  if (filter.op === 'not') return { op: 'not', arg: flat(filter.arg) as Filter }
  if (filter.op !== 'and' && filter.op !== 'or') return filter
  const args = filter.args
    .map((arg) => flat(arg) as Filter)
    .flatMap((arg) => (arg.op === filter.op && 'args' in arg ? arg.args : [arg]))
  return args.length === 1 ? args[0] : { op: filter.op, args }
}
