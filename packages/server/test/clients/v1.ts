// Asks a running Spoor as Jaeger's own UI would: JSON over HTTP, in the form of Jaeger's query service.

import { expect } from 'vitest'
import type { Spoor } from '@spoor/testkit/spoor/start'

export interface V1Tag {
  key: string
  type: string
  value: unknown
}

export interface V1Reference {
  refType: string
  traceID: string
  spanID: string
}

export interface V1Span {
  traceID: string
  spanID: string
  operationName: string
  flags?: number
  references: V1Reference[]
  /** Microseconds. */
  startTime: number
  duration: number
  tags: V1Tag[]
  logs: { timestamp: number; fields: V1Tag[] }[]
  processID: string
  warnings: string[] | null
}

export interface V1Trace {
  traceID: string
  spans: V1Span[]
  processes: Record<string, { serviceName: string; tags: V1Tag[] }>
}

/** Jaeger's remark on a child that its parent does not enclose, where no host is known: clients' clocks are coarse. */
const CLOCK_SKEW = /^clock skew adjustment disabled; not applying calculated delta of -?[\d.]+\S*s$/

/** All that Spoor warns of but that, which a program cannot help. */
export function realWarnings(warnings: readonly string[] | null): string[] {
  return (warnings ?? []).filter((warning) => !CLOCK_SKEW.test(warning))
}

export async function getJson(spoor: Spoor, path: string): Promise<unknown> {
  const answer = await fetch(`${spoor.url.query}${path}`)
  const text = await answer.text()
  expect(answer.status, `GET ${path}: ${text}`).toBe(200)
  return JSON.parse(text)
}

export async function getTrace(spoor: Spoor, traceId: string): Promise<V1Trace> {
  const answer = (await getJson(spoor, `/api/traces/${traceId}`)) as { data: V1Trace[] }
  expect(answer.data).toHaveLength(1)
  return answer.data[0] as V1Trace
}
