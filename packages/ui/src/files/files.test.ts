// Reading files and holding what they gave: formats, places of problems, traces over several files.

import { describe, expect, test } from 'vitest'
import { MAX_SPANS, OpenedTraces } from './opened-traces.ts'
import { USUAL_ADJUSTMENTS } from './protocol.ts'
import { readText } from './read-bytes.ts'
import { readTraceText } from './read-text.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

function otlp(spanId: string, traceId = TRACE): object {
  const span = {
    traceId,
    spanId,
    name: `op ${spanId}`,
    startTimeUnixNano: '1787220000000000001',
    endTimeUnixNano: '1787220000000000009',
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'svc' } }] }
  return { resource, scopeSpans: [{ spans: [span] }] }
}

function jaeger(traceID: string, part: object = {}): object {
  const span = {
    traceID,
    spanID: 'a',
    operationName: 'op',
    startTime: 1_787_220_000_000_000,
    duration: 5,
    processID: 'p1',
  }
  return { traceID, spans: [{ ...span, ...part }], processes: { p1: { serviceName: 'svc' } } }
}

const A = '00000000000000a1'
const B = '00000000000000b1'

describe('formats', () => {
  test.each([
    ['OTLP JSON', { resourceSpans: [otlp(A)] }],
    ['OTLP JSON', [{ resourceSpans: [otlp(A)] }, { resourceSpans: [otlp(B)] }]],
    ['OTLP JSON', { result: { resourceSpans: [otlp(A)] } }],
    ['OTLP JSON', { batches: [otlp(A)] }],
    ['Jaeger JSON', { data: [jaeger('1')], total: 0, errors: null }],
    ['Jaeger JSON', [jaeger('1')]],
    ['Jaeger JSON', jaeger('1')],
    ['Zipkin JSON', [{ traceId: '1', id: '2' }]],
    ['Zipkin JSON', [[{ traceId: '1', id: '2' }]]],
  ])('%s: %j', (format, value) => {
    const read = readTraceText(`\ufeff${JSON.stringify(value)}`)
    expect([read.format, read.traces.length, read.problems]).toEqual([format, 1, []])
  })

  test('one document a line, with empty lines and Windows line ends, as one trace', () => {
    const lines = [A, B].map((id) => JSON.stringify({ resourceSpans: [otlp(id)] }))
    const read = readTraceText(`\n${lines.join('\r\n\r\n')}\r\n`)
    expect(read.format).toBe('OTLP JSON, one a line')
    expect(read.traces.map(({ spans }) => spans.map(({ spanId }) => spanId))).toEqual([[A, B]])
  })

  test.each(['null', '[]', '3', '"text"', '{}', '{"data":null}', '[[]]', '[null]', '', ' \n ', '{"data":[]}'])(
    'nothing in %j is a problem and no failure',
    (text) => {
      const read = readTraceText(text)
      expect(read.traces).toEqual([])
      expect(read.problems.length).toBe(1)
    },
  )

  test('integers beyond 2^53 keep every digit', () => {
    const text = JSON.stringify({ resourceSpans: [otlp(A)] }).replace('"1787220000000000001"', '1787220000000000001')
    expect(readTraceText(text).traces[0]?.spans[0]?.startNs).toBe(1_787_220_000_000_000_001n)
  })
})

describe('what is wrong', () => {
  test('of several traces, the bad one alone is left out, with its place', () => {
    const read = readTraceText(JSON.stringify({ data: [jaeger('1'), jaeger('2', { spanID: 'xyz' }), jaeger('3')] }))
    expect(read.traces.length).toBe(2)
    expect(read.problems).toEqual([{ place: 'trace 2', message: expect.stringContaining('spans[0].spanID') as string }])
  })

  test('of several resources and of several lines', () => {
    const bad = { scopeSpans: [{ spans: [{ traceId: TRACE, spanId: '1' }] }] }
    const resources = JSON.stringify({ resourceSpans: [otlp(A), bad] })
    expect(readTraceText(resources).problems.map(({ place }) => place)).toEqual(['resource 2'])
    const lines = readTraceText(`${resources}\n{"resource\n${JSON.stringify({ resourceSpans: [otlp(B)] })}`)
    expect(lines.problems.map(({ place }) => place)).toEqual(['line 1, resource 2', 'line 2'])
    expect(lines.traces[0]?.spans.length).toBe(2)
  })
})

describe('open files', () => {
  function opened(...files: [string, object][]): OpenedTraces {
    const traces = new OpenedTraces()
    for (const [name, value] of files) traces.add(name, 1, readTraceText(JSON.stringify(value)), true)
    return traces
  }

  test('spans of a trace in several files come together, those in two of them once', () => {
    const traces = opened(
      ['a.json', { resourceSpans: [otlp(A), otlp(A)] }],
      ['b.json', { resourceSpans: [otlp(A), otlp(B)] }],
      ['other.json', jaeger('9')],
    )
    const { files, traces: list } = traces.state()
    expect(files.map(({ name, spanCount }) => [name, spanCount])).toEqual([
      ['a.json', 2],
      ['b.json', 2],
      ['other.json', 1],
    ])
    // The first file has its span twice, as sent; the second adds what is new.
    expect(list.map((trace) => [trace.traceId, trace.spanCount, trace.files])).toEqual([
      [TRACE, 3, ['a.json', 'b.json']],
      ['0000000000000009', 1, ['other.json']],
    ])
    // Shown like stored ones: a span that was sent twice is dropped, unless the trace is wanted as it was sent.
    expect(traces.columns(TRACE, USUAL_ADJUSTMENTS)?.spanCount).toBe(2)
    expect(traces.columns(TRACE, { raw: true, maxSkewNs: 0 })?.spanCount).toBe(3)
    expect(traces.spans(TRACE.toUpperCase(), 'A1', USUAL_ADJUSTMENTS)?.map(({ name }) => name)).toEqual([`op ${A}`])
    expect(traces.spans('9', 'a', USUAL_ADJUSTMENTS)?.length).toBe(1)
    traces.remove('a.json')
    expect(traces.state().traces[0]).toMatchObject({ spanCount: 2, files: ['b.json'] })
    traces.remove('b.json')
    expect(traces.columns(TRACE, USUAL_ADJUSTMENTS)).toBeUndefined()
    expect(traces.state().files.map(({ name }) => name)).toEqual(['other.json'])
  })

  test('a file of the same name takes the place of the first', () => {
    const traces = opened(['a.json', jaeger('1')], ['a.json', jaeger('2')])
    expect(traces.state().traces.map(({ traceId }) => traceId)).toEqual(['0000000000000002'])
  })

  test('there is an end to how much may be open, and to how many problems are listed', () => {
    const traces = new OpenedTraces()
    const [trace] = readTraceText(JSON.stringify(jaeger('1'))).traces
    const span = trace?.spans[0]
    if (span === undefined) throw new Error('no span')
    const many = { traceId: TRACE, spans: Array.from({ length: MAX_SPANS }, () => span) }
    const problems = Array.from({ length: 50 }, (_, i) => ({ place: `line ${i}`, message: 'bad' }))
    traces.add('big.json', 1, { format: 'x', traces: [many], problems }, true)
    traces.add(
      'late.json',
      1,
      { format: 'x', traces: [trace].filter((item) => item !== undefined), problems: [] },
      true,
    )
    const { files } = traces.state()
    expect(
      files.map(({ spanCount, problems: listed, moreProblems }) => [spanCount, listed.length, moreProblems]),
    ).toEqual([
      [MAX_SPANS, 20, 30],
      [0, 1, 0],
    ])
    expect(files[1]?.problems[0]?.message).toContain('Close other files first')
  })
})

test('gzip is unpacked, and not without end', async () => {
  const packed = async (text: string): Promise<Blob> =>
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob()
  expect(await readText(await packed('größe'))).toBe('größe')
  expect(await readText(new Blob(['{}']))).toBe('{}')
  const limit = 1024 * 1024
  const zeros = new Blob([new Uint8Array(limit + 1)])
  await expect(readText(zeros, limit)).rejects.toThrow('is more than 1 MiB')
  const bomb = await new Response(zeros.stream().pipeThrough(new CompressionStream('gzip'))).blob()
  expect(bomb.size).toBeLessThan(limit / 100)
  await expect(readText(bomb, limit)).rejects.toThrow('unpacks to more than 1 MiB')
})
