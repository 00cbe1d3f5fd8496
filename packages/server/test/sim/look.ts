// Looks at all that a store shows, and says what is wrong with it by the book.

import { isDeepStrictEqual } from 'node:util'
import type { Span } from '@spoor/core/model/span'
import type { SpanReader } from '../../src/storage/api/store.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { type Batch, keyOf, namesOf, TENANTS } from './batches.ts'
import type { Book } from './book.ts'

const ALL_TIME = { startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }

export interface Seen {
  /** By key. */
  readonly spans: ReadonlyMap<string, Span>
  readonly keys: ReadonlySet<string>
  /** Spans by tenant and name. */
  readonly counts: ReadonlyMap<string, number>
  /** Calls by tenant and services. */
  readonly calls: ReadonlyMap<string, number>
  /** What no store may show, whatever it was asked. */
  readonly problems: readonly string[]
}

export async function look(reader: SpanReader): Promise<Seen> {
  const spans = new Map<string, Span>()
  const counts = new Map<string, number>()
  const calls = new Map<string, number>()
  const problems: string[] = []
  for (const tenant of TENANTS) {
    const query = { tenant, filter: undefined, ...ALL_TIME }
    const ids: string[] = []
    for await (const group of reader.candidates(query, reader.plan(query)))
      ids.push(...group.map(({ traceId }) => traceId))
    if (new Set(ids).size !== ids.length) problems.push(`a search of tenant '${tenant}' gives a trace twice`)
    for await (const { traceId, bytes, spanCount } of reader.traces(tenant, ids)) {
      const found = decodeTraces(bytes)
      if (found.length !== spanCount) problems.push(`trace ${traceId} says ${spanCount} spans and has ${found.length}`)
      for (const span of found) {
        const key = keyOf(tenant, span)
        if (spans.has(key)) problems.push(`span ${key} is there twice`)
        spans.set(key, span)
      }
    }
    for (const { service, name, minutes } of (await reader.red?.({ tenant, services: [], ...ALL_TIME })) ?? [])
      add(
        counts,
        `${tenant}/${service}/${name}`,
        minutes.reduce((sum, { count }) => sum + count, 0),
      )
    for (const { parent, child, callCount } of await reader.dependencies(tenant, 0n, ALL_TIME.startMaxNs))
      add(calls, `${tenant}/${parent}>${child}`, callCount)
    await reader.services(tenant)
    await reader.operations(tenant)
  }
  return { spans, keys: new Set(spans.keys()), counts, calls, problems }
}

function add(sums: Map<string, number>, key: string, count: number): void {
  sums.set(key, (sums.get(key) ?? 0) + count)
}

export interface Expectation {
  readonly death: 'process' | 'machine'
  readonly nowMs: number
  /** A read failed: calls of traces that began in what could not be read may be missing. */
  readonly partial?: boolean
  /** Files are damaged: what is missing is no problem of its own. */
  readonly damaged?: boolean
}

/** What is wrong with what is seen; empty where nothing is. */
export function judge(book: Book, seen: Seen, expectation: Expectation): string[] {
  const problems = [...seen.problems]
  const known = new Set<string>()
  for (const batch of book.batches) {
    const words = judgeSpans(book, batch, seen, expectation, known)
    problems.push(...words)
    if (words.length === 0 && expectation.damaged !== true)
      problems.push(...judgeCounts(book, batch, seen, expectation))
  }
  for (const key of seen.keys) if (!known.has(key)) problems.push(`span ${key} was never sent`)
  return problems
}

function judgeSpans(book: Book, batch: Batch, seen: Seen, expectation: Expectation, known: Set<string>): string[] {
  const { death, nowMs, damaged = false } = expectation
  const problems: string[] = []
  let free = 0
  let there = 0
  for (const span of batch.spans) {
    const key = keyOf(batch.tenant, span)
    known.add(key)
    const found = seen.spans.get(key)
    const verdict = book.verdict(batch, span, death, nowMs)
    if (found !== undefined && !isDeepStrictEqual(found, span))
      problems.push(`span ${key} of batch ${batch.number} is not as sent`)
    if (found !== undefined && verdict === 'must not') problems.push(`span ${key} of batch ${batch.number} came back`)
    if (found === undefined && verdict === 'must' && !damaged)
      problems.push(`span ${key} of batch ${batch.number} is lost`)
    if (verdict !== 'may' || book.isTouched(batch, span) || book.isExpired(batch, span, nowMs)) continue
    free++
    if (found !== undefined) there++
  }
  if (there !== 0 && there !== free && !damaged)
    problems.push(`of batch ${batch.number}, which was not acknowledged, ${there} of ${free} spans are there`)
  return problems
}

/** Each span is counted once, and so is each call; what was deleted may have been counted before. */
function judgeCounts(book: Book, batch: Batch, seen: Seen, { death, nowMs, partial = false }: Expectation): string[] {
  if (!book.isCountedOnce(batch)) return []
  const problems: string[] = []
  const { caller, callee, name } = namesOf(batch.number)
  for (const service of [caller, callee]) {
    const own = batch.spans.filter(({ resource }) => resource.serviceName === service)
    const count = seen.counts.get(`${batch.tenant}/${service}/${name}`) ?? 0
    const free = own.filter((span) => !book.isTouched(batch, span))
    const stayed = free.filter((span) => seen.spans.has(keyOf(batch.tenant, span)))
    const isOld = own.some((span) => book.isExpired(batch, span, nowMs))
    const least = book.isKept(batch.number, death) ? free.length : stayed.length
    const most = stayed.length < free.length && !isOld ? own.length - free.length : own.length
    if (count < least || count > most)
      problems.push(`batch ${batch.number}: ${count} spans of ${service} are counted, ${least} to ${most} are right`)
  }
  const touched = batch.spans.some((span) => book.isTouched(batch, span))
  const inside = batch.spans.filter(({ resource }) => resource.serviceName === callee).length
  const all = batch.spans.every((span) => seen.spans.has(keyOf(batch.tenant, span)))
  const made = seen.calls.get(`${batch.tenant}/${caller}>${callee}`) ?? 0
  if (made > inside || (all && !touched && made !== inside))
    problems.push(`batch ${batch.number}: ${made} calls inside are counted, there are ${inside}`)
  const { after } = batch
  const from = after?.spans[0]
  if (after === undefined || from === undefined || partial) return problems
  const joined = seen.calls.get(`${batch.tenant}/${namesOf(after.number).caller}>${caller}`) ?? 0
  const both = all && seen.spans.has(keyOf(after.tenant, from)) && !touched && !book.isTouched(after, from)
  if (joined > 1 || (both && joined !== 1))
    problems.push(`batch ${batch.number}: ${joined} calls from batch ${after.number} are counted, there is 1`)
  return problems
}
