// Services and operations of each tenant: read once from each segment, and from heads as their rows come.

import { SpoorError } from '@spoor/core/base/errors'
import type { HeadView } from './head-view.ts'
import type { Segment } from './segment.ts'

export interface ListedOperation {
  readonly service: string
  readonly name: string
  readonly kind: number
}

export class OperationList {
  readonly #onDamage: (segment: Segment, error: SpoorError) => void
  /** Of segments, by tenant. Segments are immutable, so what was read of one stays true. */
  readonly #byTenant = new Map<string, Map<string, ListedOperation>>()
  readonly #read = new Set<number>()

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

  #add(segment: Segment): void {
    this.#read.add(segment.id)
    try {
      const { tenants } = segment.entryInfo
      const { operations, blocks } = segment
      const names = new Map(tenants.map(({ name, firstBlock }) => [blocks.tenant[firstBlock], name]))
      for (const operation of operations) this.#insert(names.get(operation.tenant) ?? '', operation)
    } catch (thrown) {
      if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
      this.#onDamage(segment, thrown)
    }
  }

  #insert(tenant: string, { service, name, kind }: ListedOperation): void {
    let operations = this.#byTenant.get(tenant)
    if (operations === undefined) {
      operations = new Map()
      this.#byTenant.set(tenant, operations)
    }
    operations.set(JSON.stringify([service, name, kind]), { service, name, kind })
  }
}
