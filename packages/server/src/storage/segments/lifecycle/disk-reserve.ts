// Whether the disk has so little room left that spans must be refused. Asked for every write, looked up once a second.

import { toError } from '@spoor/core/base/errors'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import type { StorageHost } from '../../api/plugin.ts'

const EVERY_MS = 1000

export class DiskReserve {
  readonly #disk: Disk
  readonly #folder: string
  readonly #reserveBytes: number
  readonly #host: StorageHost
  #short = false
  #askedAt = Number.NEGATIVE_INFINITY

  /** `reserveBytes` 0: never. */
  constructor(disk: Disk, folder: string, reserveBytes: number, host: StorageHost) {
    this.#disk = disk
    this.#folder = folder
    this.#reserveBytes = reserveBytes
    this.#host = host
  }

  get short(): boolean {
    if (this.#reserveBytes > 0 && performance.now() - this.#askedAt >= EVERY_MS) void this.look()
    return this.#short
  }

  async look(): Promise<void> {
    if (this.#reserveBytes === 0) return
    this.#askedAt = performance.now()
    try {
      const free = await this.#disk.free(this.#folder)
      this.#host.metrics.set('spoor_store_disk_free_bytes', {}, free)
      const short = free < this.#reserveBytes
      if (short && !this.#short)
        this.#host.log.error('the disk is nearly full: spans are refused until there is room', {
          free,
          reserve: this.#reserveBytes,
        })
      if (!short && this.#short) this.#host.log.info('the disk has room again', { free })
      this.#short = short
    } catch (thrown) {
      // Then the writes themselves find out.
      this.#host.log.debug('the room on the disk is not known', { error: toError(thrown).message })
    }
  }
}
