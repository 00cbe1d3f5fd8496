// Counts, errors and durations of a head's spans by operation and minute. Runs over every span once, on columns; objects are
// made per operation and minute, when cells() is asked for.

import { durationBucket } from '@spoor/core/model/duration-histogram'
import { textAt } from '../../api/search/rows.ts'
import { MinuteClock, MINUTES_AN_HOUR } from '../../api/links/minutes.ts'
import type { RowErrors } from '../../api/links/row-errors.ts'
import type { Head } from '../head.ts'
import type { RollupCell, RollupMinute, RollupOperation } from './cells.ts'
import { CountTable } from './count-table.ts'

/** A power of two. */
const RECENT = 1024
/** Bits for a bucket in the key of a count; the others are the number of operation and minute, of which a head has below 2^21. */
const BUCKET_BITS = 11

interface Counted {
  readonly operation: number
  readonly minute: number
  count: number
  errors: number
}

interface CountedOperation {
  readonly tenant: number
  readonly service: string
  readonly name: string
  readonly kind: number
}

export class RedCounter {
  readonly #clock = new MinuteClock()
  readonly #durations = new CountTable()
  /** Keys of operations met of late, + 1, and their numbers. */
  readonly #recentKeys = new Float64Array(RECENT)
  readonly #recent = new Int32Array(RECENT)
  #head: Head | undefined
  #errors: RowErrors | undefined
  /** Number of each row's name. */
  #nameOf: Uint32Array = new Uint32Array(0)
  /** Number of the (tenant, service) of each of the head's resources, or -1. */
  #serviceOf = new Int32Array(0)
  #services = new Map<string, number>()
  #operationOf = new Map<number, number>()
  #operations: CountedOperation[] = []
  #countedOf = new Map<number, number>()
  /** Of each operation, what it was counted under last. */
  #lastMinute: number[] = []
  #last: number[] = []
  #counted: Counted[] = []

  /** Forgets everything and takes another head. */
  begin(head: Head, errors: RowErrors, nameOf: Uint32Array): void {
    this.#head = head
    this.#errors = errors
    this.#nameOf = nameOf
    this.#durations.clear()
    this.#recentKeys.fill(0)
    if (this.#serviceOf.length !== head.resources.capacity) this.#serviceOf = new Int32Array(head.resources.capacity)
    this.#serviceOf.fill(-1)
    this.#services = new Map()
    this.#operationOf = new Map()
    this.#operations = []
    this.#countedOf = new Map()
    this.#lastMinute = []
    this.#last = []
    this.#counted = []
  }

  add(row: number): void {
    const head = this.#head as Head
    const operation = this.#operation(head, row)
    const minute = this.#clock.minute(head.start[row * 2] as number, head.start[row * 2 + 1] as number)
    const counted =
      this.#lastMinute[operation] === minute ? (this.#last[operation] as number) : this.#find(operation, minute)
    const entry = this.#counted[counted] as Counted
    entry.count++
    if (this.#errors?.isError(row) === true) entry.errors++
    const bucket = durationBucket(head.duration[row * 2] as number, head.duration[row * 2 + 1] as number)
    this.#durations.add((counted << BUCKET_BITS) | bucket)
  }

  #operation(head: Head, row: number): number {
    const resource = head.resource[row] as number
    let service = this.#serviceOf[resource] as number
    if (service < 0) service = this.#service(head, resource)
    const name = this.#nameOf[row] as number
    const kind = head.kind[row] as number
    // Below 2^53: a head has at most 2^22 spans, and services no more than names.
    const key = (service * 0x40_0000 + name) * 256 + kind
    const place = (name ^ (service * 41) ^ (kind << 7)) & (RECENT - 1)
    if (this.#recentKeys[place] === key + 1) return this.#recent[place] as number
    let operation = this.#operationOf.get(key)
    if (operation === undefined) {
      operation = this.#operations.length
      this.#operationOf.set(key, operation)
      this.#operations.push(describe(head, row))
      this.#lastMinute.push(-1)
      this.#last.push(-1)
    }
    this.#recentKeys[place] = key + 1
    this.#recent[place] = operation
    return operation
  }

  #service(head: Head, resource: number): number {
    const { tenant, nameOffset, nameLength } = head.resources
    const text = textAt(head.bytes, nameOffset[resource] as number, nameLength[resource] as number)
    const key = `${tenant[resource]}/${text}`
    const service = this.#services.get(key) ?? this.#services.size
    this.#services.set(key, service)
    this.#serviceOf[resource] = service
    return service
  }

  #find(operation: number, minute: number): number {
    const key = operation * 0x2000_0000 + minute
    let counted = this.#countedOf.get(key)
    if (counted === undefined) {
      counted = this.#counted.push({ operation, minute, count: 0, errors: 0 }) - 1
      this.#countedOf.set(key, counted)
    }
    this.#lastMinute[operation] = minute
    this.#last[operation] = counted
    return counted
  }

  /** What was counted, without links. An hour of a tenant is one cell; an operation may be in it once for each resource. */
  cells(): RollupCell[] {
    const head = this.#head as Head
    const durations: number[][] = this.#counted.map(() => [])
    for (const key of this.#durations.sorted())
      durations[key >>> BUCKET_BITS]?.push(key & ((1 << BUCKET_BITS) - 1), this.#durations.count(key))
    const cells = new Map<string, { tenant: string; hour: number; operations: Map<number, RollupMinute[]> }>()
    for (const [i, { operation, minute, count, errors }] of this.#counted.entries()) {
      const { tenant } = this.#operations[operation] as CountedOperation
      const hour = Math.floor(minute / MINUTES_AN_HOUR)
      const key = `${hour}/${tenant}`
      const cell = cells.get(key) ?? {
        tenant: head.tenantName(tenant),
        hour,
        operations: new Map<number, RollupMinute[]>(),
      }
      cells.set(key, cell)
      const minutes = cell.operations.get(operation) ?? []
      cell.operations.set(operation, minutes)
      minutes.push({ minute, count, errors, durations: durations[i] ?? [] })
    }
    return [...cells.values()].map(({ tenant, hour, operations }) => ({
      tenant,
      hour,
      links: [],
      operations: [...operations].map(([operation, minutes]): RollupOperation => {
        const { service, name, kind } = this.#operations[operation] as CountedOperation
        return { service, name, kind, minutes: minutes.sort((a, b) => a.minute - b.minute) }
      }),
    }))
  }
}

function describe(head: Head, row: number): CountedOperation {
  const resource = head.resource[row] as number
  const { nameOffset, nameLength } = head.resources
  return {
    tenant: head.tenantOf(row),
    service: textAt(head.bytes, nameOffset[resource] as number, nameLength[resource] as number),
    name: textAt(head.bytes, head.nameOffset[row] as number, head.nameLength[row] as number),
    kind: head.kind[row] as number,
  }
}
