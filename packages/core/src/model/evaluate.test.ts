// The reference evaluator, condition by condition, on one span that has everything.

import { expect, test } from 'vitest'
import { compileFilter, evaluate, MAX_PATTERN_LENGTH } from './evaluate.ts'
import type { AttributeLevel, CompareOp, Filter, FilterScalar } from './filter.ts'
import type { AnyValue, Span } from './span.ts'
import { VIRTUAL_TAGS } from './virtual-tags.ts'

function text(value: string): AnyValue {
  return { type: 'string', value }
}

const span: Span = {
  traceId: '01'.repeat(16),
  spanId: '02'.repeat(8),
  parentSpanId: '',
  traceState: 'a=1',
  flags: 0,
  name: 'GET /cart',
  kind: 2,
  startNs: 1_787_220_000_000_000_000n,
  endNs: 1_787_220_000_100_000_000n,
  attributes: [
    { key: 'text', value: text('500') },
    { key: 'int', value: { type: 'int', value: 500n } },
    { key: 'double', value: { type: 'double', value: 500 } },
    { key: 'nan', value: { type: 'double', value: Number.NaN } },
    { key: 'bool', value: { type: 'bool', value: true } },
    { key: 'bytes', value: { type: 'bytes', value: Uint8Array.of(0xab, 0xcd) } },
    { key: 'none', value: { type: 'empty' } },
    { key: 'blank', value: text('') },
    { key: 'big', value: { type: 'int', value: (1n << 53n) + 1n } },
    { key: 'list', value: { type: 'array', value: [text('x'), { type: 'int', value: 7n }] } },
    {
      key: 'map',
      value: { type: 'map', value: [{ key: 'a', value: { type: 'map', value: [{ key: 'b', value: text('deep') }] } }] },
    },
    { key: 'twice', value: text('first') },
    { key: 'twice', value: text('second') },
  ],
  droppedAttributesCount: 0,
  events: [
    { timeUnixNano: 0n, name: 'retry', attributes: [{ key: 'why', value: text('slow') }], droppedAttributesCount: 0 },
  ],
  droppedEventsCount: 0,
  links: [
    {
      traceId: '03'.repeat(16),
      spanId: '04'.repeat(8),
      traceState: '',
      attributes: [{ key: 'of', value: text('link') }],
      droppedAttributesCount: 0,
      flags: 0,
    },
  ],
  droppedLinksCount: 0,
  statusCode: 2,
  statusMessage: 'no stock',
  resource: {
    attributes: [{ key: 'host', value: text('web-1') }],
    droppedAttributesCount: 0,
    schemaUrl: '',
    serviceName: 'shop',
  },
  scope: {
    name: 'lib',
    version: '1.0',
    attributes: [{ key: 'in', value: text('scope') }],
    droppedAttributesCount: 0,
    schemaUrl: '',
  },
}

function attr(key: string, op: CompareOp, value: FilterScalar, level: AttributeLevel = 'any'): Filter {
  return { op, target: { attr: key, level }, value }
}

test.each<[key: string, op: CompareOp, value: FilterScalar, expected: boolean]>([
  ['text', 'eq', '500', true],
  ['int', 'eq', '500', true],
  ['int', 'eq', '0500', false],
  ['int', 'eq', '500.0', false],
  ['double', 'eq', '500', true],
  ['double', 'eq', '5e2', true],
  ['bool', 'eq', 'true', true],
  ['bool', 'eq', 'True', false],
  ['bytes', 'eq', 'abcd', true],
  ['bytes', 'eq', 'ABCD', true],
  ['bytes', 'eq', 'q80=', true],
  ['nan', 'eq', 'NaN', true],
  ['text', 'eq', 500, false],
  ['int', 'eq', 500, true],
  ['int', 'eq', 500n, true],
  ['double', 'eq', 500n, true],
  ['big', 'eq', 2 ** 53, false],
  ['bool', 'eq', true, true],
  ['bool', 'eq', 1, false],
  ['blank', 'eq', '', true],
  ['none', 'eq', '', false],
  ['absent', 'eq', '', false],
  ['list', 'eq', 'x', true],
  ['list', 'eq', '7', true],
  ['list', 'eq', '["x",7]', true],
  ['map.a.b', 'eq', 'deep', true],
  ['map', 'eq', '{"a":{"b":"deep"}}', true],
  ['twice', 'eq', 'first', true],
  ['twice', 'eq', 'second', true],
  ['text', 'ne', '501', true],
  ['text', 'ne', '500', false],
  ['twice', 'ne', 'first', false],
  ['absent', 'ne', 'x', false],
  ['int', 'gt', 499, true],
  ['int', 'gt', 500, false],
  ['int', 'gte', '500', true],
  ['int', 'lt', '1e3', true],
  ['int', 'gt', '9', true],
  ['text', 'gt', '9', false],
  ['text', 'lt', 9, true],
  ['big', 'gt', 2 ** 53, true],
  ['big', 'gt', '9007199254740992', true],
  ['nan', 'gte', 0, false],
  ['nan', 'lte', 0, false],
  ['none', 'lte', 'x', false],
  ['text', 'regex', '^5', true],
  ['text', 'regex', '00', true],
  ['int', 'regex', '^500$', true],
  ['text', 'regex', '^00', false],
  ['event', 'eq', 'retry', true],
  ['why', 'eq', 'slow', true],
  ['of', 'eq', 'link', true],
  ['host', 'eq', 'web-1', true],
  ['in', 'eq', 'scope', true],
])('%s %s %s is %s', (key, op, value, expected) => {
  expect(evaluate(attr(key, op, value), span)).toBe(expected)
})

test('a level looks at its own attributes only', () => {
  const homes: Record<string, AttributeLevel> = {
    text: 'span',
    host: 'resource',
    in: 'scope',
    why: 'event',
    event: 'event',
    of: 'link',
  }
  const levels: AttributeLevel[] = ['span', 'resource', 'scope', 'event', 'link']
  for (const [key, home] of Object.entries(homes)) {
    for (const level of levels) {
      expect(evaluate({ op: 'exists', target: { attr: key, level } }, span), `${key} in ${level}`).toBe(level === home)
    }
  }
})

test('fields: service, name, kind, status, duration, start', () => {
  const field = (
    name: 'service' | 'name' | 'kind' | 'status' | 'duration' | 'start',
    op: CompareOp,
    value: FilterScalar,
  ): boolean => evaluate({ op, target: { field: name }, value }, span)
  expect(field('service', 'eq', 'shop')).toBe(true)
  expect(field('name', 'regex', 'cart$')).toBe(true)
  expect(field('kind', 'eq', 'server')).toBe(true)
  expect(field('kind', 'eq', 2)).toBe(true)
  expect(field('kind', 'eq', 'client')).toBe(false)
  expect(field('status', 'eq', 'error')).toBe(true)
  expect(field('duration', 'gte', 100_000_000n)).toBe(true)
  expect(field('duration', 'gt', 100_000_000n)).toBe(false)
  expect(field('start', 'lte', 1_787_220_000_000_000_000n)).toBe(true)
})

test('and, or, not, in', () => {
  const yes = attr('int', 'eq', '500')
  const no = attr('int', 'eq', '501')
  expect(evaluate({ op: 'and', args: [yes, no] }, span)).toBe(false)
  expect(evaluate({ op: 'and', args: [] }, span)).toBe(true)
  expect(evaluate({ op: 'or', args: [no, yes] }, span)).toBe(true)
  expect(evaluate({ op: 'or', args: [] }, span)).toBe(false)
  expect(evaluate({ op: 'not', arg: no }, span)).toBe(true)
  expect(evaluate({ op: 'in', target: { attr: 'int', level: 'span' }, values: ['1', 500] }, span)).toBe(true)
  expect(evaluate({ op: 'in', target: { attr: 'int', level: 'span' }, values: [] }, span)).toBe(false)
})

test.each([
  ['error', 'true'],
  ['span.kind', 'server'],
  ['otel.status_code', 'ERROR'],
  ['otel.status_description', 'no stock'],
  ['otel.library.name', 'lib'],
  ['otel.library.version', '1.0'],
  ['otel.scope.name', 'lib'],
  ['otel.scope.version', '1.0'],
  ['w3c.tracestate', 'a=1'],
])('virtual tag %s=%s is found and is in the table', (key, value) => {
  expect(VIRTUAL_TAGS.map((tag) => tag.key)).toContain(key)
  expect(evaluate(attr(key, 'eq', value), span)).toBe(true)
  const bare: Span = {
    ...span,
    kind: 0,
    statusCode: 0,
    statusMessage: '',
    traceState: '',
    scope: { ...span.scope, name: '', version: '' },
  }
  expect(evaluate({ op: 'exists', target: { attr: key, level: 'any' } }, bare)).toBe(false)
})

test('error=true finds status errors and spans tagged so, as text or boolean', () => {
  const find = attr('error', 'eq', 'true')
  const calm: Span = { ...span, statusCode: 0 }
  expect(evaluate(find, calm)).toBe(false)
  expect(evaluate(find, { ...calm, attributes: [{ key: 'error', value: { type: 'bool', value: true } }] })).toBe(true)
  expect(evaluate(find, { ...calm, attributes: [{ key: 'error', value: text('true') }] })).toBe(true)
  expect(evaluate(find, { ...span, attributes: [{ key: 'error', value: text('false') }] })).toBe(true)
})

test('a pattern that is invalid, too long, or not RE2 is refused when compiled', () => {
  for (const pattern of ['(', '(?=a)', String.raw`(a)\1`, 'a'.repeat(MAX_PATTERN_LENGTH + 1)]) {
    expect(() => compileFilter(attr('text', 'regex', pattern))).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'bad_regex' }),
    )
  }
})

test('a pattern that makes backtracking engines hang is linear here', () => {
  const long: Span = { ...span, attributes: [{ key: 'text', value: text(`${'a'.repeat(5_000)}!`) }] }
  expect(evaluate(attr('text', 'regex', '^(a+)+$'), long)).toBe(false)
})
