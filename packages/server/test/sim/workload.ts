// A day in the life of a store, from a seed: writes of several tenants, sealing, compaction, deletions, retention, restarts.
// Goes on where the disk fails, as clients and supervisors do: what is refused is sent again, what does not start is
// started again. Keeps the book.

import { isRetryable } from '@spoor/core/base/errors'
import type { VirtualClock } from '@spoor/testkit/faults/clock'
import type { Random } from '@spoor/testkit/trace-gen/random'
import type { Disk } from '../../src/pipeline/spool/disk.ts'
import type { DeleteTarget } from '../../src/storage/api/admin.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { type Batch, makeBatch, namesOf, TENANTS } from './batches.ts'
import type { Book } from './book.ts'
import { judge, look } from './look.ts'
import { closeWorld, metric, openWorld, type Settings, type World } from './world.ts'

const TRIES = 4
const RETRY_MS = 1100
/** Longer than a group of syncs waits, and than a failed one is left alone. */
const SYNC_MS = 1500
const HOUR_MS = 3_600_000

export interface Stage {
  readonly settings: Settings
  readonly disk: Disk
  readonly clock: VirtualClock
  readonly book: Book
  readonly random: Random
  /** See Expectation. */
  readonly partial: boolean
}

/** The store could not be started again: the rest of the day does not take place. */
class NoStore extends Error {}

/** Gives what was wrong on the way. The store is left running; `close` ends it. */
export class Workload {
  readonly problems: string[] = []
  readonly #stage: Stage
  #world: World | undefined
  #last = new Map<string, Batch>()

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async run(): Promise<void> {
    const { random, clock } = this.#stage
    try {
      await this.#start()
      await this.#writeMany(9)
      await this.#settle()
      await this.#deleteTraces()
      await this.#writeMany(8)
      await this.#maintain()
      await this.#restart()
      await this.#check()
      await this.#writeMany(6)
      await this.#deleteService()
      await Promise.all([this.#writeMany(6), this.#maintain()])
      await this.#deleteTenant(random.pick(TENANTS))
      await this.#writeMany(5)
      await this.#restart()
      await this.#maintain()
      clock.leap(30 * HOUR_MS)
      await this.#writeMany(6)
      await this.#maintain()
      await this.#check()
      await this.#settle()
      await this.#writeMany(5)
    } catch (thrown) {
      if (!(thrown instanceof NoStore)) throw thrown
    }
  }

  async close(): Promise<void> {
    if (this.#world !== undefined) await closeWorld(this.#world)
    this.#world = undefined
  }

  get #running(): World {
    if (this.#world === undefined) throw new NoStore()
    return this.#world
  }

  async #start(): Promise<void> {
    const { settings, disk, clock } = this.#stage
    for (let attempt = 0; attempt < TRIES && this.#world === undefined; attempt++) {
      try {
        this.#world = await openWorld(settings, disk, clock)
      } catch {
        clock.forget()
        await clock.pass(RETRY_MS)
      }
    }
    if (this.#world === undefined) throw new NoStore()
    this.#noteSynced()
  }

  async #restart(): Promise<void> {
    await closeWorld(this.#running)
    this.#world = undefined
    await this.#start()
  }

  #noteSynced(): void {
    if (this.#stage.settings.sync !== 'never') this.#stage.book.synced()
  }

  async #settle(): Promise<void> {
    await this.#stage.clock.pass(SYNC_MS)
    if ((await metric(this.#running, 'spoor_spool_degraded')) === 0) this.#noteSynced()
  }

  /** So many batches, up to three at a time. */
  async #writeMany(count: number): Promise<void> {
    const { random, clock, book } = this.#stage
    for (let left = count; left > 0;) {
      const together = Math.min(left, 1 + random.below(3))
      const batches = Array.from({ length: together }, () => this.#next())
      await Promise.all(batches.map(async (batch) => await this.#write(batch)))
      left -= together
      if (random.chance(0.2)) await clock.pass(random.below(400))
      const again = book.acknowledged().at(-1)
      if (again !== undefined && random.chance(0.2)) await this.#write(again)
    }
  }

  #next(): Batch {
    const { random, clock, book } = this.#stage
    const after = random.chance(0.5) ? this.#last.get(random.pick(TENANTS)) : undefined
    const batch = makeBatch(random, book.batches.length, after, clock.nowMs)
    this.#last.set(batch.tenant, batch)
    book.send(batch)
    return batch
  }

  async #write(batch: Batch): Promise<void> {
    const { book, clock, settings } = this.#stage
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        await clock.until(this.#running.store.writer.write(scanOtlp(batch.bytes, { tenant: batch.tenant })))
        book.answered(batch, settings.sync === 'always' ? 'durable' : 'acknowledged')
        return
      } catch (thrown) {
        if (thrown instanceof NoStore || !isRetryable(thrown)) throw thrown
        book.answered(batch, 'refused')
        await clock.until(new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS)))
      }
    }
  }

  async #deleteTraces(): Promise<void> {
    const { random, book } = this.#stage
    const batch = random.pick(book.batches)
    await this.#delete(batch.tenant, { traceIds: [batch.traceId] })
  }

  async #deleteService(): Promise<void> {
    const { random, book } = this.#stage
    const batch = random.pick(book.batches)
    const range = { startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }
    await this.#delete(batch.tenant, { service: namesOf(batch.number).callee, ...range })
  }

  async #deleteTenant(tenant: string): Promise<void> {
    await this.#delete(tenant, { everything: true })
  }

  async #delete(tenant: string, target: DeleteTarget): Promise<void> {
    const { book, clock } = this.#stage
    const order = book.order(tenant, target)
    book.orderAnswered(order, await isDone(clock, this.#running.store.reader.admin?.delete(tenant, target)))
  }

  async #maintain(): Promise<void> {
    const { book, clock } = this.#stage
    if (!(await isDone(clock, this.#running.store.reader.admin?.maintain()))) return
    const seen = await this.#look()
    if (seen !== undefined) book.confirmGone(seen.keys, clock.nowMs)
  }

  async #look(): Promise<Awaited<ReturnType<typeof look>> | undefined> {
    const world = this.#running
    const seen = await this.#stage.clock.until(look(world.store.reader))
    const isDamaged = (await metric(world, 'spoor_store_damaged_segments_total')) > 0
    return isDamaged ? undefined : seen
  }

  async #check(): Promise<void> {
    const { book, clock, partial } = this.#stage
    const seen = await this.#look()
    if (seen === undefined) return
    const isWhole = (await metric(this.#running, 'spoor_store_damaged_rollups_total')) === 0
    this.problems.push(...judge(book, seen, { death: 'process', nowMs: clock.nowMs, damaged: !isWhole, partial }))
  }
}

async function isDone(clock: VirtualClock, order: Promise<void> | undefined): Promise<boolean> {
  if (order === undefined) return false
  return await clock.until(
    order.then(
      () => true,
      () => false,
    ),
  )
}
