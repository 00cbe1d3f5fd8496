// docs/parquet.md is the definition: DuckDB, which knows nothing of Spoor, finds in an exported file the columns of that page, and
// in them the spans that were written.

import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { sample } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Span } from '@spoor/core/model/span'
import { valueText } from '@spoor/core/model/value-text'
import { throughWire } from '@spoor/testkit/storage-contract/write'
import { spansArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { parquetSink } from '../../src/tools/store/export/parquet.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'

/** Kept between runs: the one Python package that the reader needs. */
const PACKAGES = fileURLToPath(new URL('../../../../node_modules/.cache/spoor-python', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../../../../docs/parquet.md', import.meta.url))
/** Prints the types of the columns, the number of rows, then each row (up to a limit) as a line of JSON; times as ns in text, maps as lists of pairs. */
const READER = `
import duckdb, json, sys
con = duckdb.connect()
file = sys.argv[1]
types = con.execute("describe select * from '%s'" % file).fetchall()
print(json.dumps([[row[0], row[1]] for row in types]))
print(con.execute("select count(*) from '%s'" % file).fetchall()[0][0])
plain = [name for name, kind, *_ in types if not kind.startswith('TIMESTAMP') and name != 'events']
columns = ', '.join('"%s"' % name for name in plain)
times = "cast(epoch_ns(start_time) as varchar) as start_ns, cast(epoch_ns(end_time) as varchar) as end_ns"
events = "list_transform(events, lambda e: [to_json(e.name), to_json(cast(epoch_ns(e.time) as varchar)), to_json(e.attributes)])"
result = con.execute("select %s, %s, to_json(%s) as events from '%s' limit %s" % (columns, times, events, file, sys.argv[2]))
names = [column[0] for column in result.description]
for row in result.fetchall():
  print(json.dumps(dict(zip(names, row)), default=str))
`

/** Why the reader cannot run here, or undefined. */
function prepare(): string | undefined {
  const has = (): boolean => spawnSync('python3', ['-c', 'import duckdb'], { env: environment() }).status === 0
  if (spawnSync('python3', ['--version']).status !== 0) return 'there is no python3'
  if (has()) return undefined
  const install = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', PACKAGES, 'duckdb'], {
    encoding: 'utf8',
  })
  return has()
    ? undefined
    : `the Python package duckdb cannot be installed: ${install.stderr.trim().split('\n').at(-1) ?? ''}`
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ...(existsSync(PACKAGES) ? { PYTHONPATH: PACKAGES } : {}) }
}

const missing = prepare()
let dir = ''

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'spoor-parquet-'))
})

afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

interface Event {
  readonly 0: string
  readonly 1: string
  readonly 2: Readonly<Record<string, string>>
}

interface ReadRow {
  readonly [column: string]: unknown
  readonly trace_id: string
  readonly start_ns: string
  readonly events: string
}

async function write(messages: readonly Uint8Array[]): Promise<string> {
  const file = join(dir, 'spans.parquet')
  const stream = createWriteStream(file)
  const sink = parquetSink(async (bytes) => {
    if (!stream.write(bytes)) await once(stream, 'drain')
  })
  for (const bytes of messages) await sink.write({ tenant: 'shop', bytes, spanCount: 0 })
  await sink.end()
  stream.end()
  await finished(stream)
  return file
}

function read(
  file: string,
  limit: number,
): { readonly types: [string, string][]; readonly count: number; readonly rows: ReadRow[] } {
  const text = execFileSync('python3', ['-c', READER, file, String(limit)], {
    env: environment(),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const [types = '', count = '', ...rows] = text.trimEnd().split('\n')
  return {
    types: JSON.parse(types) as [string, string][],
    count: Number(count),
    rows: rows.map((row) => JSON.parse(row) as ReadRow),
  }
}

function mapOf(span: Pick<Span, 'attributes'>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { key, value } of span.attributes.toReversed()) found[key] = valueText(value)
  return found
}

/** The columns whose values follow from the span without any choice. */
function expected(span: Span): Record<string, unknown> {
  const { traceId, spanId, parentSpanId, name, startNs, endNs, resource, scope, links, events } = span
  return {
    tenant: 'shop',
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: parentSpanId === '' ? null : parentSpanId,
    service_name: resource.serviceName,
    name,
    start_ns: String(startNs),
    end_ns: String(endNs),
    attributes: mapOf(span),
    resource_attributes: mapOf(resource),
    scope_attributes: mapOf(scope),
    scope_name: scope.name === '' ? null : scope.name,
    links: links.map((link) => ({
      trace_id: link.traceId,
      span_id: link.spanId,
      trace_state: link.traceState,
      attributes: mapOf(link),
    })),
    events: events.map((event) => [event.name, String(event.timeUnixNano), mapOf(event)]),
  }
}

function actual(row: ReadRow): Record<string, unknown> {
  const events = JSON.parse(row.events) as Event[]
  return { ...row, events }
}

test('DuckDB reads every span of an exported file', async (context) => {
  context.skip(missing !== undefined, missing)
  const random = throughWire(sample(spansArbitrary, { numRuns: 150, seed: 7 }).flat())
  // Later times do not fit into the column.
  const spans = random.filter((span) =>
    [span.startNs, span.endNs, ...span.events.map(({ timeUnixNano }) => timeUnixNano)].every((ns) => ns < 1n << 63n),
  )
  expect(spans.length).toBeGreaterThan(50)
  const { rows } = read(await write(spans.map((span) => encodeTraces([span]))), 1_000_000)
  expect(rows).toHaveLength(spans.length)
  for (const [i, span] of spans.entries()) expect(actual(rows[i] as ReadRow)).toMatchObject(expected(span))
})

test('the columns and types are those of docs/parquet.md', async (context) => {
  context.skip(missing !== undefined, missing)
  const load = makeLoad({ seed: 5, blocks: 5 })
  const messages = Array.from({ length: load.requestCount }, (_, i) => load.request(i).bytes)
  const { types, count, rows } = read(await write(messages), 1000)
  const spans = messages.flatMap((bytes) => decodeTraces(bytes))
  // Over one row group.
  expect(spans.length).toBeGreaterThan(20_000)
  expect(count).toBe(spans.length)
  const table = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const documented = table.flatMap((line) => {
    const [, names = '', type = ''] = line.split('|')
    return [...names.matchAll(/`(\w+)`/g)].map((match) => [match[1], type.trim()] as const)
  })
  expect(new Set(types.map(([name]) => name))).toEqual(new Set(documented.map(([name]) => name)))
  expect(types).toHaveLength(documented.length)
  const duckdb: readonly (readonly [RegExp, RegExp])[] = [
    [/^string/, /^VARCHAR$/],
    [/^int64/, /^BIGINT$/],
    [/^int32/, /^INTEGER$/],
    [/^timestamp, ns, UTC/, /^TIMESTAMP.*NS/],
    [/^map/, /^MAP\(VARCHAR, VARCHAR\)$/],
    [/^list/, /^STRUCT\(.*\)\[\]$/],
  ]
  for (const [name, type] of documented) {
    const [, kind] = duckdb.find(([text]) => text.test(type)) ?? [type, /^$/]
    expect(types.find(([column]) => column === name)?.[1], name).toMatch(kind)
  }
  const codes = spans
    .slice(0, rows.length)
    .filter(({ attributes }) => attributes.some(({ key }) => key === 'http.status_code'))
  expect(rows.filter((row) => row['http_status_code'] !== null)).toHaveLength(codes.length)
  expect(codes.length).toBeGreaterThan(0)
})
