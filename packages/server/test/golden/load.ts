// The recorded requests and answers in this folder.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { otlpJsonToProtobuf } from '../../src/wire/otlp/json.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { ArrayReader, type ArrayReaderOptions } from '../query/array-reader.ts'

export interface Exchange {
  readonly request: string
  readonly status: number
  readonly body?: unknown
  /** For prettyPrint. */
  readonly text?: string
  readonly sameBodyAs?: string
  /** `raw=true` gave the same body. */
  readonly rawIsTheSame?: boolean
}

export interface SearchExchange {
  readonly request: string
  readonly status: number
  readonly traceIds?: readonly string[]
  readonly errors?: readonly unknown[]
  /** Where 1.76 answers with another status than 1.57. */
  readonly status176?: number
  readonly errors176?: readonly unknown[]
}

export type Protocol = 'otlp-protobuf' | 'otlp-json'

export function loadExchanges(protocol: Protocol): readonly Exchange[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'answers', `${protocol}.json`), 'utf8')) as Exchange[]
}

export function loadSearches(): readonly SearchExchange[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'answers', 'search.json'), 'utf8')) as SearchExchange[]
}

/** A store that took every recorded request of the protocol. */
export function loadStore(protocol: Protocol, options: ArrayReaderOptions = {}): ArrayReader {
  const folder = join(import.meta.dirname, 'inputs', protocol)
  const reader = new ArrayReader(options)
  for (const name of readdirSync(folder).toSorted()) {
    const bytes = readFileSync(join(folder, name))
    reader.add(scanOtlp(protocol === 'otlp-json' ? otlpJsonToProtobuf(bytes) : bytes))
  }
  return reader
}
