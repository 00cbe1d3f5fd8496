// What may be configured about every receiver over HTTP, whatever its protocol: how large a body may be, and how long a client
// may take. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import { byteSize, goDuration } from '../../config/values.ts'

export interface HttpLimitsConfig {
  readonly maxBodyBytes: number
  readonly readHeaderTimeoutMs: number
  readonly readTimeoutMs: number
  readonly idleTimeoutMs: number
}

/** Node's timers end at 2^31 - 1 ms. */
const TIMEOUT = { min: 1, max: 2_147_483_647 }

/** `flag` begins the names: `otlp.http`; `alias` those of the times in Jaeger, where they differ. */
export function httpLimits(flag: string, alias?: string): Section<HttpLimitsConfig>['options'] {
  const other = (name: string): { readonly aliases?: readonly string[] } =>
    alias === undefined ? {} : { aliases: [`${alias}.${name}`] }
  return {
    maxBodyBytes: option(
      `${flag}.max-body-size`,
      byteSize({ min: 1024, max: 1024 ** 3 }).prefault('16MiB'),
      'Largest request body taken, compressed or not, in bytes',
    ),
    readHeaderTimeoutMs: option(
      `${flag}.read-header-timeout`,
      goDuration(TIMEOUT).prefault('2s'),
      'Time in which the headers of a request must arrive',
      other('read-header-timeout'),
    ),
    readTimeoutMs: option(
      `${flag}.read-timeout`,
      goDuration({ max: TIMEOUT.max }).prefault('30s'),
      'Time in which a whole request must arrive (0s: no bound)',
      other('read-timeout'),
    ),
    idleTimeoutMs: option(
      `${flag}.idle-timeout`,
      goDuration({ max: TIMEOUT.max }).prefault('120s'),
      'Time for which a connection stays open between requests (0s: no bound)',
      other('idle-timeout'),
    ),
  }
}
