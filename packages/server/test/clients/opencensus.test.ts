// A Go service with OpenCensus and its exporter for Jaeger, by both ways that the exporter has.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { checkAllAsSent, named, type Report, type SentSpan } from './jaeger-report.ts'
import { openInspector, type Browser } from './on-screen.ts'
import { readPrograms, runOnce } from './programs.ts'
import { getJson, getTrace, type V1Span, type V1Trace } from './v1.ts'

const programs = readPrograms(['go-opencensus'])
const SAY_HELLO = 'helloworld.Greeter/SayHello'
const NOT_FOUND = 'no guest Zoë ☕'
let spoor: Spoor
let browser: Browser

beforeAll(async () => {
  spoor = await startSpoor()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await spoor?.stop()
})

/** Who is whose child, by name: `[[child, parent], ...]`. */
function edges(spans: readonly V1Span[]): string[] {
  const names = new Map(spans.map(({ spanID, operationName }) => [spanID, operationName]))
  return spans.flatMap(({ operationName, references }) =>
    references.map(({ refType, spanID }) => `${operationName} ${refType} ${names.get(spanID)}`),
  )
}

async function checkTrace(greeting: SentSpan): Promise<void> {
  const trace = await getTrace(spoor, greeting.traceID)
  expect(edges(trace.spans).toSorted()).toEqual([
    'Recv./hello CHILD_OF Sent./hello',
    `Recv./${SAY_HELLO} CHILD_OF Sent./${SAY_HELLO}`,
    'Sent./hello CHILD_OF visit',
    `Sent./${SAY_HELLO} CHILD_OF visit`,
    'render CHILD_OF Recv./hello',
  ])
  const shown = trace.spans.find(({ spanID }) => spanID === greeting.spanID) as V1Span
  expect(shown.flags).toBe(1)
  expect(shown.tags).toEqual(
    expect.arrayContaining([
      { key: 'guest.name', type: 'string', value: 'Zoë' },
      { key: 'guest.id', type: 'int64', value: '9007199254740993' },
      { key: 'guest.score', type: 'float64', value: 0.75 },
      { key: 'guest.known', type: 'bool', value: false },
      { key: 'status.code', type: 'int64', value: 5 },
      { key: 'status.message', type: 'string', value: NOT_FOUND },
      { key: 'error', type: 'bool', value: true },
    ]),
  )
  expect(shown.logs).toHaveLength(1)
  expect(shown.logs[0]?.fields).toEqual(
    expect.arrayContaining([
      { key: 'message', type: 'string', value: 'guest not found' },
      { key: 'list', type: 'string', value: 'gäste' },
      { key: 'tried', type: 'int64', value: 2 },
    ]),
  )
}

/** Found by what an engineer would type, and seen. */
async function checkFound(greeting: SentSpan): Promise<void> {
  const services = (await getJson(spoor, '/api/services')) as { data: string[] }
  expect(services.data).toContain('demo')
  const query = new URLSearchParams({ service: 'demo', tags: JSON.stringify({ error: 'true', 'guest.name': 'Zoë' }) })
  const found = (await getJson(spoor, `/api/traces?${query}`)) as { data: V1Trace[] }
  expect(found.data.map(({ traceID }) => traceID)).toContain(greeting.traceID)
  const { rows, text } = await openInspector(browser, spoor.url.query, {
    traceId: greeting.traceID,
    spanId: greeting.spanID,
    name: greeting.operationName,
  })
  expect(rows).toContainEqual(['guest.name', 'Zoë', 'string'])
  expect(rows).toContainEqual(['guest.id', '9007199254740993', 'int'])
  expect(rows).toContainEqual(['tried', '2', 'int'])
  expect(text).toContain('guest not found')
  expect(text).toContain(NOT_FOUND)
}

// Given both, the exporter uses the collector alone.
test.for([
  { way: 'the collector, with both endpoints given', collector: true },
  { way: 'the agent', collector: false },
])('OpenCensus in Go over $way', async ({ collector }, context) => {
  const program = programs['go-opencensus']
  if (program.state === 'missing') {
    context.skip(program.reason)
    return
  }
  const args = [
    `-agent=127.0.0.1:${spoor.ports.jaegerCompact}`,
    `-collector=${collector ? `${spoor.url.jaegerHttp}/api/traces` : ''}`,
  ]
  const report = (await runOnce(program, { args })) as Report
  await checkAllAsSent(spoor, report)
  const greeting = named(report, `Recv./${SAY_HELLO}`)
  await checkTrace(greeting)
  await checkFound(greeting)
  expect(spoor.output()).not.toMatch(/"level":"(warn|error|fatal)"/)
})
