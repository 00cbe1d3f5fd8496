// What the programs of 2019 (examples/go-opencensus, examples/jaeger-client-*) print when they have run once: every span
// as their client sent it, in the words of Jaeger's API. And the comparison of that with what Spoor answers.

import { expect, vi } from 'vitest'
import type { Spoor } from '@spoor/testkit/spoor/start'
import { getTrace, realWarnings, type V1Reference, type V1Span, type V1Tag, type V1Trace } from './v1.ts'

export interface SentSpan {
  traceID: string
  spanID: string
  /** Empty: the client named no parent (it may still have references). */
  parentSpanID: string
  operationName: string
  flags: number
  references: V1Reference[]
  startTime: number
  duration: number
  /** Integers as decimal text. */
  tags: V1Tag[]
  logs: { timestamp: number; fields: V1Tag[] }[]
  process: { serviceName: string; tags: V1Tag[] }
}

export interface Report {
  spans: SentSpan[]
}

export function named(report: Report, name: string, flags?: number): SentSpan {
  const found = report.spans.filter((span) => span.operationName === name && (flags ?? span.flags) === span.flags)
  expect(found, `${name} with flags ${flags}`).toHaveLength(1)
  return found[0] as SentSpan
}

/** Every trace of the report is in Spoor, with every span just as it was sent, and none more. */
export async function checkAllAsSent(spoor: Spoor, report: Report): Promise<void> {
  for (const [traceId, sent] of Map.groupBy(report.spans, ({ traceID }) => traceID)) {
    const trace = await arrived(spoor, traceId, sent.length)
    expect(trace.traceID).toBe(traceId)
    expect(trace.spans.map(({ spanID }) => spanID).toSorted()).toEqual(sent.map(({ spanID }) => spanID).toSorted())
    for (const span of sent) checkAsSent(trace, span)
  }
}

/** UDP has no answer: the client ends before Spoor has read the packet. */
async function arrived(spoor: Spoor, traceId: string, spans: number): Promise<V1Trace> {
  const look = async (): Promise<V1Trace> => {
    const trace = await getTrace(spoor, traceId)
    expect(trace.spans.length).toBeGreaterThanOrEqual(spans)
    return trace
  }
  return await vi.waitFor(look, { timeout: 10_000, interval: 20 })
}

function checkAsSent(trace: V1Trace, sent: SentSpan): void {
  const shown = trace.spans.find(({ spanID }) => spanID === sent.spanID) as V1Span
  expect(shown).toMatchObject({
    traceID: sent.traceID,
    operationName: sent.operationName,
    flags: sent.flags,
    references: shownReferences(sent),
    startTime: sent.startTime,
    duration: sent.duration,
  })
  expect(realWarnings(shown.warnings)).toEqual([])
  // Jaeger's collector adds in which format a span came.
  const tags = shown.tags.filter(({ key }) => key !== 'internal.span.format')
  expect(byKey(tags), sent.operationName).toEqual(shownTags(sent.tags))
  expect(shown.logs.map(({ timestamp, fields }) => ({ timestamp, fields: byKey(fields) }))).toEqual(
    sent.logs.map(({ timestamp, fields }) => ({ timestamp, fields: shownTags(fields) })),
  )
  const process = trace.processes[shown.processID]
  expect(process?.serviceName).toBe(sent.process.serviceName)
  expect(byKey(process?.tags ?? [])).toEqual(shownTags(sent.process.tags))
}

/** Jaeger's law: a parent that no reference names becomes the first reference, as CHILD_OF. */
function shownReferences({ traceID, parentSpanID, references }: SentSpan): V1Reference[] {
  const isParent = (to: V1Reference): boolean => to.traceID === traceID && to.spanID === parentSpanID
  if (parentSpanID === '' || references.some(isParent)) return references
  return [{ refType: 'CHILD_OF', traceID, spanID: parentSpanID }, ...references]
}

/** Jaeger's JSON has integers as numbers where JavaScript can hold them, else as text. */
function shownTags(tags: V1Tag[]): V1Tag[] {
  const number = (value: unknown): unknown => (Number.isSafeInteger(Number(value)) ? Number(value) : value)
  return byKey(tags.map((tag) => (tag.type === 'int64' ? { ...tag, value: number(tag.value) } : tag)))
}

/** Some clients keep tags in a map, without an order of their own. */
function byKey(tags: V1Tag[]): V1Tag[] {
  return tags.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}
