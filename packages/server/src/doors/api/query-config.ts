// What may be configured about the query port, which all doors share.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { byteSize, goDuration, hostPort, integer, list, text } from '../../config/values.ts'

export interface QueryHttpConfig {
  readonly listen: HostPort
  /** `/` or `/prefix`, without a slash at the end. */
  readonly basePath: string
  readonly maxAnswerBytes: number
  readonly maxRecheckedTraces: number
  readonly maxClockSkewMs: number
  /** `Name: value`, sent with every answer. */
  readonly additionalHeaders: readonly string[]
}

/** As Jaeger wants it: begins with a slash, does not end with one. */
const BASE_PATH = /^\/$|^(?:\/[\w.~-]+)+$/

export const queryHttpSection: Section<QueryHttpConfig> = {
  title: 'Query over HTTP',
  options: {
    listen: option(
      'query.http-server.host-port',
      hostPort().prefault(':16686'),
      'Address of the query APIs and the UI',
      { aliases: ['query.port', 'query.host-port'] },
    ),
    basePath: option(
      'query.base-path',
      text('PATH')
        .refine((path) => BASE_PATH.test(path), 'expected / or a path such as /jaeger, with no slash at its end')
        .prefault('/'),
      'Path under which all APIs and the UI are served, for use behind a proxy',
    ),
    maxAnswerBytes: option(
      'query.max-answer-size',
      byteSize({ min: 1024 * 1024, max: 4 * 1024 ** 3 }).prefault('256MiB'),
      'Bytes of stored traces that one search may hold; a search that finds more answers in part and says so',
    ),
    maxRecheckedTraces: option(
      'query.max-checked-traces',
      integer({ min: 1, max: 10_000_000 }).prefault(20_000),
      'Traces that one search may read only to check conditions its store cannot answer; over it, it answers in part',
    ),
    maxClockSkewMs: option(
      'query.max-clock-skew-adjustment',
      goDuration().prefault('0s'),
      'Largest shift of a span whose clock differs from that of its parent; 0s only warns. The UI can ask for another',
    ),
    additionalHeaders: option(
      'query.additional-headers',
      list(
        text('HEADER').refine(
          (line) => /^[\w!#$%&'*+.^`|~-]+:[^\r\n]*$/.test(line),
          'expected a header such as Name: value',
        ),
        { commas: false },
      ).prefault([]),
      'A header to send with every answer, such as "Access-Control-Allow-Origin: https://example.org"; may be repeated',
    ),
  },
}
