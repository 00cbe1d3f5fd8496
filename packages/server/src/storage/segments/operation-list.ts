// Services and operations of each tenant: read once from each segment, and from heads as their rows come.

import { SpoorError } from '@spoor/core/base/errors'
import type { HeadView } from './head-view.ts'
import type { Segment } from './segment.ts'

export interface ListedOperation {
  readonly service: string
  readonly name: string
  readonly kind: number
}

interface Counted extends ListedOperation {
  readonly tenant: string
  /** Segments that have it. */
  segments: number
}

export class OperationList {
  readonly #onDamage: (segment: Segment, error: SpoorError) => void
  /** Of segments, by tenant. Segments are immutable, so what was read of one stays true while it is there. */
  readonly #byTenant = new Map<string, Map<string, Counted>>()
  /** What each segment that was read has. */
  readonly #read = new Map<number, Counted[]>()

  constructor(onDamage: (segment: Segment, error: SpoorError) => void) {
    this.#onDamage = onDamage
  }

  list(tenant: string, heads: Iterable<HeadView>, segments: Iterable<Segment>): ListedOperation[] {
    for (const segment of segments) if (!this.#read.has(segment.id)) this.#add(segment)
    const found: ListedOperation[] = [...(this.#byTenant.get(tenant)?.values() ?? [])]
    for (const view of heads) {
      const index = view.head.tenantIndex(tenant)
      if (index < 0) continue
      for (const operation of view.operations()) if (operation.tenant === index) found.push(operation)
    }
    return found
  }

  /** The segment is gone; with `tenant`, only what that one had there. */
  forget(segment: number, tenant?: string): void {
    const counted = this.#read.get(segment)
    if (counted === undefined) return
    const [going, staying] = [
      counted.filter((entry) => tenant === undefined || entry.tenant === tenant),
      counted.filter((entry) => tenant !== undefined && entry.tenant !== tenant),
    ]
    if (tenant === undefined) this.#read.delete(segment)
    else this.#read.set(segment, staying)
    for (const entry of going) if (--entry.segments === 0) this.#byTenant.get(entry.tenant)?.delete(keyOf(entry))
  }

  #add(segment: Segment): void {
    const counted: Counted[] = []
    this.#read.set(segment.id, counted)
    try {
      const { tenants } = segment.entryInfo
      const { operations, blocks } = segment
      const names = new Map(tenants.map(({ name, firstBlock }) => [blocks.tenant[firstBlock], name]))
      const seen = new Set<Counted>()
      for (const operation of operations) {
        const tenant = names.get(operation.tenant) ?? ''
        if (segment.isForgotten(tenant)) continue
        const entry = this.#entry(tenant, operation)
        if (seen.has(entry)) continue
        seen.add(entry)
        entry.segments++
        counted.push(entry)
      }
    } catch (thrown) {
      if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
      this.#onDamage(segment, thrown)
    }
  }

  #entry(tenant: string, { service, name, kind }: ListedOperation): Counted {
    let operations = this.#byTenant.get(tenant)
    if (operations === undefined) {
      operations = new Map()
      this.#byTenant.set(tenant, operations)
    }
    const key = keyOf({ service, name, kind })
    let entry = operations.get(key)
    if (entry === undefined) {
      entry = { tenant, service, name, kind, segments: 0 }
      operations.set(key, entry)
    }
    return entry
  }
}

function keyOf({ service, name, kind }: ListedOperation): string {
  return JSON.stringify([service, name, kind])
}
