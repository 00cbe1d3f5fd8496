// The calls of a tenant's traces, kept up as traces come, grow and go: a trace is counted when dependencies are asked for and
// something of it is new.

import { hourOf, LinkSum, LinkTotals, Names } from '../api/links/link-totals.ts'
import { emptyCallRow, TraceCalls } from '../api/links/trace-calls.ts'
import type { DependencyLink } from '../api/store.ts'
import type { HeldBatch } from './batch.ts'

export interface CalledTrace {
  readonly parts: readonly { readonly batch: HeldBatch; readonly rows: readonly number[] }[]
}

/** A call: hour, parent, child, 1 for an error. */
type Call = readonly [hour: number, parent: number, child: number, errors: number]

/** Names of services that went away are kept; with so many of them all is counted anew. */
const MAX_NAMES = 65_536

export class TenantCalls {
  #names = new Names()
  readonly #totals = new LinkTotals()
  readonly #counted = new Map<CalledTrace, readonly Call[]>()
  readonly #changed = new Set<CalledTrace>()
  readonly #trace = new TraceCalls((service) => this.#names.text(service))
  readonly #row = emptyCallRow()

  /** The trace has other spans than before. */
  touch(trace: CalledTrace): void {
    this.forget(trace)
    this.#changed.add(trace)
  }

  /** The trace has gone. */
  forget(trace: CalledTrace): void {
    this.#changed.delete(trace)
    for (const [hour, parent, child, errors] of this.#counted.get(trace) ?? [])
      this.#totals.add(hour, parent, child, -1, -errors)
    this.#counted.delete(trace)
  }

  #startAnew(): void {
    this.#names = new Names()
    this.#totals.clear()
    for (const trace of this.#counted.keys()) this.#changed.add(trace)
    this.#counted.clear()
  }

  dependencies(startMinNs: bigint, startMaxNs: bigint): DependencyLink[] {
    if (this.#names.count > MAX_NAMES) this.#startAnew()
    for (const trace of this.#changed) this.#count(trace)
    this.#changed.clear()
    const sum = new LinkSum()
    this.#totals.addTo(sum, hourOf(startMinNs), hourOf(startMaxNs), this.#names)
    return sum.links()
  }

  #count(trace: CalledTrace): void {
    const rows = trace.parts.flatMap(({ batch, rows: own }) => own.map((row) => ({ batch, row })))
    this.#trace.clear()
    const services: number[] = []
    for (const { batch, row } of rows) {
      this.#row.service = this.#names.numberOf(batch.serviceOf(row))
      services.push(this.#row.service)
      batch.readCallRow(row, this.#row)
      this.#trace.add(this.#row)
    }
    const calls: Call[] = []
    this.#trace.emit(0, (i, parent) => {
      const place = rows[i]
      if (place === undefined) return
      const errors = place.batch.isError(place.row) ? 1 : 0
      const call: Call = [place.batch.hourOf(place.row), parent, services[i] as number, errors]
      calls.push(call)
      this.#totals.add(call[0], call[1], call[2], 1, errors)
    })
    if (calls.length > 0) this.#counted.set(trace, calls)
  }
}
