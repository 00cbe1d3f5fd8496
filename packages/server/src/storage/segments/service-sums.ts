// What each service has in a segment: spans, and the bytes of its Span messages as they came. Segments say it for each of their
// resources; of older ones, which do not, spans are counted and the bytes are shared out by them.

import { ByteReader } from './bytes.ts'
import type { Segment } from './segment.ts'

export interface ServiceSum {
  readonly tenant: string
  readonly service: string
  spans: number
  rawBytes: number
  /** Its part of the file. */
  bytes: number
}

/** By tenant and service. */
export type ServiceSums = Map<string, ServiceSum>

export interface ResourceSums {
  readonly spans: Uint32Array
  readonly bytes: Float64Array
}

export function parseResourceSums(bytes: Uint8Array): ResourceSums {
  const reader = new ByteReader(bytes)
  const count = reader.u32()
  const spans = reader.words(count)
  const pairs = reader.words(count * 2)
  const sums = Float64Array.from(spans, (_, i) => (pairs[i * 2] ?? 0) + (pairs[i * 2 + 1] ?? 0) * 0x1_0000_0000)
  return { spans, bytes: sums }
}

export function addSum(sums: ServiceSums, { tenant, service, spans, rawBytes, bytes }: ServiceSum): void {
  const key = JSON.stringify([tenant, service])
  const sum = sums.get(key) ?? { tenant, service, spans: 0, rawBytes: 0, bytes: 0 }
  sums.set(key, sum)
  sum.spans += spans
  sum.rawBytes += rawBytes
  sum.bytes += bytes
}

/** Throws SpoorError `segment_damaged`. */
export function segmentSums(segment: Segment): ServiceSums {
  const { entryInfo, resources, blocks } = segment
  const sums: ServiceSums = new Map()
  const { spans, bytes } = segment.resourceSums ?? countRows(segment)
  const total = bytes.reduce((sum, part) => sum + part, 0)
  const seen = new Set<number>()
  for (const { name: tenant, firstBlock, blocks: count } of entryInfo.tenants) {
    for (let block = firstBlock; block < firstBlock + count; block++) {
      for (const resource of blocks.resources[block] ?? []) {
        // A resource is of one tenant.
        if (seen.has(resource)) continue
        seen.add(resource)
        const rawBytes = bytes[resource] ?? 0
        const share = total === 0 ? 0 : (rawBytes / total) * entryInfo.bytes
        addSum(sums, {
          tenant,
          service: resources.names[resource] ?? '',
          spans: spans[resource] ?? 0,
          rawBytes,
          bytes: share,
        })
      }
    }
  }
  return sums
}

function countRows(segment: Segment): ResourceSums {
  const { entryInfo, blocks, resources } = segment
  const spans = new Uint32Array(resources.messages.length)
  for (let block = 0; block < blocks.count; block++) {
    const { resource } = segment.columns(block)
    for (const i of resource) spans[i] = (spans[i] ?? 0) + 1
  }
  const mean = (entryInfo.rawBytes ?? entryInfo.bytes) / Math.max(1, entryInfo.spans)
  return { spans, bytes: Float64Array.from(spans, (count) => count * mean) }
}
