// The example programs of examples/ as the tests run them: how each is started, and what it prints when it has run once.
// Made ready by scripts/test-clients.mjs, which hands the commands over in SPOOR_CLIENTS.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { SpanDetail } from '@spoor/core/api/span-detail'

export const LANGUAGES = ['node', 'go', 'python', 'java'] as const
export type Language = (typeof LANGUAGES)[number]

export type Program =
  | { readonly state: 'ready'; readonly command: readonly string[]; readonly cwd: string }
  | { readonly state: 'missing'; readonly reason: string }

/** What a program says of a span: all that its SDK knows. The rest of a SpanDetail belongs to Spoor or to no SDK's API. */
export interface SentSpan extends Omit<SpanDetail, 'flags' | 'warnings' | 'links' | 'resource' | 'scope'> {
  links: Omit<SpanDetail['links'][number], 'flags'>[]
  resource: Pick<SpanDetail['resource'], 'attributes' | 'schemaUrl'>
  scope: Pick<SpanDetail['scope'], 'name' | 'version' | 'schemaUrl'>
}

export interface Report {
  /** Of the trace that begins with the span `buy`; `reserve stock` is in another. */
  traceId: string
  spans: SentSpan[]
}

export function readPrograms(): Record<Language, Program> {
  const text = process.env.SPOOR_CLIENTS
  if (text === undefined) throw new Error('SPOOR_CLIENTS is not set: these tests are started by `npm run test:clients`')
  const programs = JSON.parse(text) as Record<Language, Program>
  for (const language of LANGUAGES) {
    const state: unknown = programs[language]?.state
    if (state !== 'ready' && state !== 'missing') throw new Error(`SPOOR_CLIENTS does not say how to run ${language}`)
  }
  return programs
}

export interface RunOptions {
  readonly protocol: string
  readonly endpoint: string
  readonly compression: string
}

/** Runs the program once with the standard OTEL_ variables and nothing else of that name; throws when it ends badly. */
export async function runOnce(program: Program & { state: 'ready' }, options: RunOptions): Promise<Report> {
  const [file = '', ...args] = program.command
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_'))
  const { stdout } = await promisify(execFile)(file, args, {
    cwd: program.cwd,
    timeout: 50_000,
    maxBuffer: 16 * 1024 * 1024,
    env: {
      ...Object.fromEntries(inherited),
      // A proxy in the environment would take the requests to this machine.
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
      OTEL_EXPORTER_OTLP_PROTOCOL: options.protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: options.endpoint,
      // Not every SDK takes the word `none`.
      ...(options.compression === 'none' ? {} : { OTEL_EXPORTER_OTLP_COMPRESSION: options.compression }),
    },
  })
  return JSON.parse(stdout) as Report
}
