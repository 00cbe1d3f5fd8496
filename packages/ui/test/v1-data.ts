// Traces as clients of Jaeger send them, for the trace page: every kind of reference, an n-span trace of a real shape (a
// request that asks a database again and again), and what is broken. Sent in thrift to the real program.

import type { V1Batch, V1Reference, V1Span, V1Tag } from '@spoor/testkit/jaeger-v1/model'

/** 2026-08-20T10:00:00Z in µs: times on screen are known. */
export const START_US = 1_787_220_000_000_000n

export function id(value: number, digits = 16): string {
  return value.toString(16).padStart(digits, '0')
}

export const text = (key: string, value: string): V1Tag => ({ key, type: 'string', value })
export const ip = (value: string): V1Tag => text('ip', value)

const EMPTY: V1Span = {
  traceId: '',
  spanId: '',
  parentSpanId: '',
  operationName: '',
  references: [],
  flags: 1,
  startTime: START_US,
  duration: 1000n,
  tags: [],
  logs: [],
}

export function span(part: Partial<V1Span>): V1Span {
  return { ...EMPTY, ...part }
}

export const CAUSES = id(0xca05e, 32)
export const OTHER = id(0x07e4, 32)

/** Several parents, FollowsFrom, another trace, a missing parent, a circle, an error, debug and firehose. */
export function causes(): V1Batch[] {
  const make = (
    own: number,
    name: string,
    references: readonly (readonly [V1Reference['type'], number, string?])[],
    more: Partial<V1Span> = {},
  ): V1Span =>
    span({
      traceId: CAUSES,
      spanId: id(own),
      operationName: name,
      startTime: START_US + BigInt(own) * 1000n,
      duration: 5000n,
      references: references.map(([type, spanId, traceId = CAUSES]) => ({ type, traceId, spanId: id(spanId) })),
      ...more,
    })
  const error: V1Tag = { key: 'error', type: 'bool', value: true }
  return [
    {
      serviceName: 'front',
      processTags: [text('hostname', 'web-1'), ip('10.0.0.1')],
      spans: [
        make(1, 'POST /order', [], { duration: 90_000n }),
        make(2, 'check stock', [['CHILD_OF', 1]], { flags: 3 }),
        make(3, 'check credit', [['CHILD_OF', 1]], { flags: 9, tags: [error] }),
      ],
    },
    {
      serviceName: 'orders',
      processTags: [],
      spans: [
        // Joins two that ran beside each other.
        make(4, 'confirm', [
          ['CHILD_OF', 2],
          ['CHILD_OF', 3],
        ]),
        make(5, 'send mail', [
          ['FOLLOWS_FROM', 4],
          ['FOLLOWS_FROM', 0x77, OTHER],
          ['CHILD_OF', 0x78, id(0xdead, 32)],
        ]),
        make(6, 'lost', [['CHILD_OF', 0xfff]]),
        make(7, 'circle one', [['CHILD_OF', 8]]),
        make(8, 'circle two', [['CHILD_OF', 7]]),
      ],
    },
    {
      serviceName: 'scheduler',
      processTags: [],
      spans: [span({ traceId: OTHER, spanId: id(0x77), operationName: 'nightly run' })],
    },
  ]
}

const STEPS = ['parse', 'authorize', 'load cart', 'price', 'tax', 'stock', 'reserve', 'store', 'publish']

/** `count` spans: requests, each with steps in other services, each step with calls of its own. */
export function workload(traceId: string, count: number): V1Batch[] {
  const services = ['gateway', 'cart', 'pricing', 'warehouse', 'mysql']
  const spans: V1Span[][] = services.map(() => [])
  const add = (own: number, parent: number, service: number, name: string, start: number, duration: number): void => {
    const references = parent === 0 ? [] : [{ type: 'CHILD_OF' as const, traceId, spanId: id(parent) }]
    const failed: V1Tag[] = own % 331 === 330 ? [{ key: 'error', type: 'bool', value: true }] : []
    spans[service]?.push(
      span({
        traceId,
        spanId: id(own),
        operationName: name,
        references,
        startTime: START_US + BigInt(start),
        duration: BigInt(duration),
        tags: [text('order.id', `order-${own}`), ...failed],
      }),
    )
  }
  add(1, 0, 0, 'batch of orders', 0, Math.max(count * 120, 1000))
  let request = 1
  for (let own = 2; own <= count; own++) {
    const place = (own - 2) % 40
    if (place === 0) request = own
    const start = (own - 1) * 100
    if (place === 0) add(own, 1, 0, 'POST /order', start, 4000)
    else if (place % 4 === 1) add(own, request, 1 + (place % 3), STEPS[(place >> 2) % 9] ?? '', start, 380)
    else add(own, own - ((place - 1) % 4), 4, place % 2 === 0 ? 'SELECT' : 'UPDATE', start + 5, 20 + (place % 7) * 9)
  }
  return services.map((serviceName, i) => ({
    serviceName,
    processTags: [text('hostname', `${serviceName}-0`)],
    spans: spans[i] ?? [],
  }))
}

export const SKEWED = id(0x5e3d, 32)

/** A server whose clock is five seconds behind its client's. */
export function skewed(): V1Batch[] {
  const kind = (value: string): V1Tag => text('span.kind', value)
  const client = span({
    traceId: SKEWED,
    spanId: id(1),
    operationName: 'call',
    startTime: START_US,
    duration: 100_000n,
    tags: [kind('client')],
  })
  const server = span({
    traceId: SKEWED,
    spanId: id(2),
    operationName: 'answer',
    references: [{ type: 'CHILD_OF', traceId: SKEWED, spanId: id(1) }],
    startTime: START_US - 5_000_000n,
    duration: 60_000n,
    tags: [kind('server')],
    logs: [{ timestamp: START_US - 4_990_000n, fields: [text('event', 'read')] }],
  })
  return [
    { serviceName: 'client', processTags: [ip('10.0.0.1')], spans: [client] },
    { serviceName: 'server', processTags: [ip('10.0.0.2')], spans: [server] },
  ]
}
