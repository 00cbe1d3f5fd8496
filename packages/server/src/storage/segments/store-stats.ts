// Puts together what a store says of itself, from the list of its files, from its heads, and from the sums by service.

import type { ServiceShare, StoreStats, TenantShare } from '@spoor/core/api/store'
import { joinWords } from '../api/search/merge.ts'
import { textAt } from '../api/search/rows.ts'
import { PROBE_TENANT } from '../api/probe.ts'
import type { Head } from './head.ts'
import type { ManifestEntry } from './manifest.ts'
import { addSum, type ServiceSum, type ServiceSums } from './service-sums.ts'

/** A head in numbers. */
export interface HeadStats {
  readonly spans: number
  readonly sums: readonly ServiceSum[]
  readonly oldestNs: bigint | undefined
  readonly newestNs: bigint | undefined
}

export interface StatsParts {
  readonly segments: readonly ManifestEntry[]
  readonly rollups: readonly { readonly bytes: number }[]
  readonly tombstones: number
  readonly spool: { readonly files: number; readonly bytes: number }
  readonly heads: readonly HeadStats[]
  /** Of the segments. */
  readonly sums: ServiceSums
  readonly traces?: number
  readonly debt?: number
  readonly cache?: StoreStats['cache']
}

export function storeStats(parts: StatsParts): StoreStats {
  const { segments, rollups, heads, spool, tombstones, debt, traces, cache } = parts
  const sums: ServiceSums = new Map()
  for (const sum of parts.sums.values()) addSum(sums, sum)
  for (const head of heads) for (const sum of head.sums) addSum(sums, sum)
  const sealed = { count: segments.length, spans: total(segments, 'spans'), bytes: total(segments, 'bytes') }
  const counts = { count: rollups.length, bytes: rollups.reduce((sum, { bytes }) => sum + bytes, 0) }
  const waiting = heads.reduce((sum, { spans }) => sum + spans, 0)
  const services = sharesOf(sums)
  return {
    spans: sealed.spans + waiting,
    bytes: sealed.bytes + counts.bytes + spool.bytes,
    bytesPerSpan: sealed.spans === 0 ? 0 : sealed.bytes / sealed.spans,
    ...(traces === undefined ? {} : { traces }),
    segments: sealed,
    rollups: counts,
    spool: { ...spool, spans: waiting },
    tombstones,
    ...(debt === undefined ? {} : { debt }),
    ...boundsOf(segments, heads),
    ...(cache === undefined ? {} : { cache }),
    tenants: tenantsOf(services),
    services,
  }
}

function total(segments: readonly ManifestEntry[], what: 'spans' | 'bytes'): number {
  return segments.reduce((sum, entry) => sum + entry[what], 0)
}

function boundsOf(
  segments: readonly ManifestEntry[],
  heads: readonly HeadStats[],
): Pick<StoreStats, 'oldestStartNs' | 'newestStartNs' | 'oldestArrivalMs'> {
  const oldest = [...segments.map(({ minStartNs }) => BigInt(minStartNs)), ...heads.map(({ oldestNs }) => oldestNs)]
  const newest = [...segments.map(({ maxStartNs }) => BigInt(maxStartNs)), ...heads.map(({ newestNs }) => newestNs)]
  const least = oldest.filter((ns) => ns !== undefined).reduce<bigint | undefined>(lesser, undefined)
  const most = newest.filter((ns) => ns !== undefined).reduce<bigint | undefined>(greater, undefined)
  const arrivals = segments.map(({ minArrivalMs }) => minArrivalMs)
  return {
    ...(least === undefined ? {} : { oldestStartNs: String(least) }),
    ...(most === undefined ? {} : { newestStartNs: String(most) }),
    ...(arrivals.length === 0 ? {} : { oldestArrivalMs: arrivals.reduce((a, b) => Math.min(a, b)) }),
  }
}

function lesser(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a
}

function greater(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a
}

function sharesOf(sums: ServiceSums): ServiceShare[] {
  return [...sums.values()]
    .map(({ tenant, service, spans, bytes, rawBytes }) => ({
      tenant,
      service,
      spans,
      bytes: Math.round(bytes),
      rawBytes: Math.round(rawBytes),
    }))
    .toSorted((a, b) => b.bytes - a.bytes || compare(a.tenant, b.tenant) || compare(a.service, b.service))
}

function tenantsOf(services: readonly ServiceShare[]): TenantShare[] {
  const tenants = new Map<string, { tenant: string; spans: number; bytes: number }>()
  for (const { tenant, spans, bytes } of services) {
    const share = tenants.get(tenant) ?? { tenant, spans: 0, bytes: 0 }
    tenants.set(tenant, share)
    share.spans += spans
    share.bytes += bytes
  }
  return [...tenants.values()].toSorted((a, b) => b.bytes - a.bytes || compare(a.tenant, b.tenant))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Counts the rows of a head, which are few. Its bytes in the spool are shared out by those of its Span messages. */
export class HeadCount {
  readonly #head: Head
  readonly #sums = new Map<number, ServiceSum>()
  #rows = 0
  #spans = 0
  #oldest: bigint | undefined
  #newest: bigint | undefined

  constructor(head: Head) {
    this.#head = head
  }

  /** With the rows that are there now. */
  stats(): HeadStats {
    const head = this.#head
    const { rows, resource, length, start } = head
    for (let row = this.#rows; row < rows; row++) {
      const sum = this.#sumOf(resource[row] ?? 0)
      if (sum.tenant === PROBE_TENANT) continue
      this.#spans++
      sum.spans++
      sum.rawBytes += length[row] ?? 0
      sum.bytes = sum.rawBytes
      const ns = joinWords(start[row * 2] ?? 0, start[row * 2 + 1] ?? 0)
      this.#oldest = lesser(this.#oldest, ns)
      this.#newest = greater(this.#newest, ns)
    }
    this.#rows = rows
    const sums = [...this.#sums.values()].filter(({ tenant }) => tenant !== PROBE_TENANT)
    return { spans: this.#spans, sums, oldestNs: this.#oldest, newestNs: this.#newest }
  }

  #sumOf(resource: number): ServiceSum {
    const known = this.#sums.get(resource)
    if (known !== undefined) return known
    const { bytes, resources } = this.#head
    const service = textAt(bytes, resources.nameOffset[resource] ?? 0, resources.nameLength[resource] ?? 0)
    const tenant = this.#head.tenantName(resources.tenant[resource] ?? 0)
    const sum = { tenant, service, spans: 0, rawBytes: 0, bytes: 0 }
    this.#sums.set(resource, sum)
    return sum
  }
}
