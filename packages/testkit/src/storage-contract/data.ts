// Spans and filters for the laws of stores, from small alphabets, so that random filters find something, ids meet, starts are
// equal and one trace comes in several writes. Seeded: the same seed gives the same data.

import type { AttributeLevel, CompareOp, Filter, FilterScalar, FilterTarget } from '@spoor/core/model/filter'
import type { AnyValue, Attribute, Resource, Scope, Span } from '@spoor/core/model/span'
import { createRandom, type Random } from '../trace-gen/random.ts'

export type IdKind = '64 bit' | '128 bit' | 'time-prefixed'

const SECOND = 1_000_000_000n
const SERVICES = ['cart', 'checkout', 'payment', ''] as const
const NAMES = ['GET /cart', 'POST /pay', 'query', 'render', ''] as const
const KEYS = [
  'http.status_code',
  'user',
  'flag',
  'ratio',
  'list',
  'http',
  'error',
  'event',
  'span.kind',
  'region',
] as const
const VALUES: readonly AnyValue[] = [
  { type: 'string', value: '500' },
  { type: 'int', value: 500n },
  { type: 'double', value: 500 },
  { type: 'int', value: 404n },
  { type: 'bool', value: true },
  { type: 'string', value: 'true' },
  { type: 'string', value: '' },
  { type: 'empty' },
  { type: 'double', value: 0.25 },
  { type: 'bytes', value: Uint8Array.of(1, 2, 255) },
  {
    type: 'array',
    value: [
      { type: 'string', value: 'a' },
      { type: 'int', value: 404n },
    ],
  },
  { type: 'map', value: [{ key: 'status_code', value: { type: 'int', value: 500n } }] },
  { type: 'string', value: 'größe' },
]

function hex(random: Random, digits: number): string {
  let text = ''
  while (text.length < digits) text += random.word().toString(16).padStart(8, '0')
  return text.slice(0, digits)
}

function traceId(random: Random, kind: IdKind): string {
  if (kind === '64 bit') return '0'.repeat(16) + hex(random, 16)
  return kind === '128 bit' ? hex(random, 32) : `6a8b9c0d${hex(random, 24)}`
}

function attributes(random: Random, most: number, unique: number): Attribute[] {
  const list: Attribute[] = []
  for (let i = random.below(most + 1); i > 0; i--) list.push({ key: random.pick(KEYS), value: random.pick(VALUES) })
  if (random.chance(0.5)) list.push({ key: 'request.id', value: { type: 'string', value: `r-${unique}` } })
  return list
}

function resource(random: Random): Resource {
  const serviceName = random.pick(SERVICES)
  const service: Attribute[] =
    serviceName === '' ? [] : [{ key: 'service.name', value: { type: 'string', value: serviceName } }]
  return {
    attributes: [...service, ...attributes(random, 2, 0)],
    droppedAttributesCount: 0,
    schemaUrl: random.pick(['', 'https://a/1']),
    serviceName,
  }
}

function scope(random: Random): Scope {
  const name = random.pick(['', 'lib.http', 'lib.sql'])
  return {
    name,
    version: random.pick(['', '1.2']),
    attributes: attributes(random, 1, 0),
    droppedAttributesCount: 0,
    schemaUrl: '',
  }
}

export interface SpanData {
  readonly spans: readonly Span[]
  readonly traceIds: readonly string[]
}

/** `count` spans around `nowNs`: some late, some two days off, many with equal starts. */
export function makeSpans(seed: number, count: number, ids: IdKind, nowNs: bigint): SpanData {
  const random = createRandom(seed)
  const resources = Array.from({ length: 6 }, () => resource(random))
  const scopes = Array.from({ length: 4 }, () => scope(random))
  const traceIds = Array.from({ length: Math.max(1, count >> 3) }, () => traceId(random, ids))
  const spans: Span[] = []
  const lastOf = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    const id = random.pick(traceIds)
    const spanId = hex(random, 16)
    const startNs = start(random, nowNs)
    spans.push({
      ...shape(random, i),
      traceId: id,
      spanId,
      parentSpanId: random.chance(0.7) ? (lastOf.get(id) ?? '') : '',
      startNs,
      endNs: random.chance(0.05) ? startNs - 5n : startNs + BigInt(random.below(8)) * 50_000_000n,
      resource: random.pick(resources),
      scope: random.pick(scopes),
    })
    lastOf.set(id, spanId)
  }
  return { spans, traceIds }
}

function start(random: Random, nowNs: bigint): bigint {
  if (random.chance(0.05)) return nowNs - 2n * 86_400n * SECOND - BigInt(random.below(5)) * SECOND
  if (random.chance(0.03)) return nowNs + 3n * 86_400n * SECOND
  return nowNs - BigInt(random.below(600)) * SECOND + BigInt(random.below(2) * random.word())
}

type Shape = Omit<Span, 'traceId' | 'spanId' | 'parentSpanId' | 'startNs' | 'endNs' | 'resource' | 'scope'>

function shape(random: Random, i: number): Shape {
  const linked = random.chance(0.1)
  const evented = random.chance(0.3)
  return {
    traceState: random.chance(0.1) ? 'vendor=1' : '',
    flags: random.chance(0.2) ? 0x101 : 0,
    name: random.pick(NAMES),
    kind: random.below(6),
    attributes: attributes(random, 5, i),
    droppedAttributesCount: random.chance(0.05) ? 3 : 0,
    events: evented
      ? [
          {
            timeUnixNano: random.chance(0.9) ? 2n ** 61n : 7n,
            name: random.pick(['', 'exception', 'retry']),
            attributes: attributes(random, 2, i),
            droppedAttributesCount: random.chance(0.1) ? 1 : 0,
          },
        ]
      : [],
    droppedEventsCount: 0,
    links: linked
      ? [
          {
            traceId: hex(random, 32),
            spanId: hex(random, 16),
            traceState: '',
            attributes: attributes(random, 2, i),
            droppedAttributesCount: 0,
            flags: 0,
          },
        ]
      : [],
    droppedLinksCount: 0,
    statusCode: random.below(3),
    statusMessage: random.chance(0.1) ? 'boom' : '',
  }
}

const LEVELS: readonly AttributeLevel[] = ['span', 'resource', 'scope', 'event', 'link', 'any', 'any', 'any']
const TAGS: readonly (readonly [string, FilterScalar])[] = [
  ['http.status_code', '500'],
  ['http.status_code', 500n],
  ['http.status_code', 404],
  ['user', 'true'],
  ['flag', true],
  ['ratio', '0.25'],
  ['list', 'a'],
  ['list', '404'],
  ['list', '["a",404]'],
  ['http.status_code', '404'],
  ['user', 'größe'],
  ['user', ''],
  ['user', 'AQL/'],
  ['error', 'true'],
  ['span.kind', 'client'],
  ['otel.status_code', 'ERROR'],
  ['otel.status_description', 'boom'],
  ['otel.scope.name', 'lib.sql'],
  ['otel.scope.version', '1.2'],
  ['w3c.tracestate', 'vendor=1'],
  ['event', 'exception'],
  ['request.id', 'r-17'],
  ['request.id', 'never'],
  ['service.name', 'cart'],
  ['absent', 'x'],
]

/** A random filter; undefined for none. */
export function makeFilter(random: Random, depth: number = 2): Filter | undefined {
  if (random.chance(0.1)) return undefined
  if (depth === 0 || random.chance(0.5)) return leaf(random)
  const arg = (): Filter => makeFilter(random, depth - 1) ?? leaf(random)
  const op = random.pick(['and', 'and', 'or', 'not'] as const)
  return op === 'not' ? { op, arg: arg() } : { op, args: Array.from({ length: 1 + random.below(3) }, arg) }
}

function leaf(random: Random): Filter {
  return random.chance(0.5) ? tagLeaf(random) : fieldLeaf(random)
}

function tagLeaf(random: Random): Filter {
  const [attr, value] = random.pick(TAGS)
  const target: FilterTarget = { attr, level: random.pick(LEVELS) }
  if (random.chance(0.7)) return { op: 'eq', target, value }
  if (random.chance(0.2)) return { op: 'exists', target }
  if (random.chance(0.2)) return { op: 'in', target, values: [value, random.pick(TAGS)[1]] }
  if (random.chance(0.3)) return { op: 'regex', target, value: random.pick(['^5', 'r-1.', '', 'tru']) }
  return { op: random.pick(['ne', 'gt', 'gte', 'lt', 'lte'] as const), target, value }
}

function fieldLeaf(random: Random): Filter {
  const orders: readonly CompareOp[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte']
  switch (random.below(6)) {
    case 0:
      return {
        op: random.pick(['eq', 'eq', 'ne'] as const),
        target: { field: 'service' },
        value: random.pick(SERVICES),
      }
    case 1:
      return { op: random.pick(['eq', 'eq', 'regex'] as const), target: { field: 'name' }, value: random.pick(NAMES) }
    case 2:
      return { op: 'eq', target: { field: 'kind' }, value: random.pick(['server', 'client', 2, '3']) }
    case 3:
      return {
        op: random.pick(['eq', 'ne'] as const),
        target: { field: 'status' },
        value: random.pick(['error', 'ok', 2]),
      }
    case 4:
      return {
        op: random.pick(orders),
        target: { field: 'duration' },
        value: random.pick([100_000_000n, 50_000_000, 0n, '150000000', 99.5]),
      }
    default:
      return { op: 'in', target: { field: 'name' }, values: [random.pick(NAMES), random.pick(NAMES)] }
  }
}
