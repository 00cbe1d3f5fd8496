// `spoor store export`: spans as files that other programs read. One message of spans is in memory at a time (of Parquet: one
// row group). A file has its name only when it is whole.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { SpoorError } from '@spoor/core/base/errors'
import type { Problem, SpanChunk, SpanSelection } from '../../../storage/api/files.ts'
import { decodeTraces } from '../../../wire/otlp/decode.ts'
import { spansToOtlpJson } from '../../../wire/otlp/json.ts'
import { flagOf, type StoreArguments } from '../arguments.ts'
import type { Output, StoreTools } from '../tools.ts'

/** Writes one chunk after the other; resolves when it may be given more. */
export interface SpanSink {
  write(chunk: SpanChunk): Promise<void>
  /** What stands at the end of the file. */
  end(): Promise<void>
}

/** Resolves when the bytes may be followed by more. */
export type WriteBytes = (bytes: Uint8Array | string) => Promise<void>

type MakeSink = (write: WriteBytes) => Promise<SpanSink>

const FORMATS: Readonly<Record<string, MakeSink>> = {
  'otlp-json': async (write) =>
    await Promise.resolve(oneTenant(async ({ bytes }) => await write(`${spansToOtlpJson(decodeTraces(bytes))}\n`))),
  // Messages of repeated fields, one behind the other, are one message.
  'otlp-proto': async (write) => await Promise.resolve(oneTenant(async ({ bytes }) => await write(bytes))),
  parquet: async (write) => (await import('./parquet.ts')).parquetSink(write),
}

/** Resolves to the exit code: 1 where parts of the store could not be read. */
export async function exportSpans(
  args: StoreArguments,
  selection: SpanSelection,
  { files, folder }: StoreTools,
  output: Output,
): Promise<number> {
  const name = flagOf(args, 'format') ?? ''
  const make = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  if (make === undefined)
    throw new SpoorError('invalid', 'bad_command', `--format: give one of ${Object.keys(FORMATS).join(', ')}`)
  const [file = '-'] = args.words
  const damage: Problem[] = []
  let spans = 0
  await intoFile(file, output, async (write) => {
    const sink = await make(write)
    for await (const chunk of files.spans(folder, selection, (problem) => damage.push(problem))) {
      await sink.write(chunk)
      spans += chunk.spanCount
    }
    await sink.end()
  })
  for (const { file: part, what } of damage) output.tell(`cannot be read and is left out: ${part}: ${what}`)
  output.tell(`${spans} spans exported`)
  return damage.length > 0 ? 1 : 0
}

/** OTLP has no word for a tenant: a file of several would mix them. */
function oneTenant(write: (chunk: SpanChunk) => Promise<void>): SpanSink {
  let tenant: string | undefined
  return {
    async write(chunk): Promise<void> {
      tenant ??= chunk.tenant
      if (tenant !== chunk.tenant) {
        const names = [tenant, chunk.tenant].map((each) => (each === '' ? 'the default one' : each)).join(' and ')
        throw new SpoorError(
          'invalid',
          'several_tenants',
          `the store has several tenants (${names}): choose with --tenant`,
        )
      }
      await write(chunk)
    },
    end: async () => await Promise.resolve(),
  }
}

async function intoFile(file: string, { out }: Output, fill: (write: WriteBytes) => Promise<void>): Promise<void> {
  if (file === '-') {
    await fill(async (bytes) => await writeTo(out, bytes))
    return
  }
  const unfinished = `${file}.unfinished`
  const stream = createWriteStream(unfinished, { flush: true })
  try {
    await fill(async (bytes) => await writeTo(stream, bytes))
    stream.end()
    await finished(stream)
    await rename(unfinished, file)
  } catch (thrown) {
    stream.destroy()
    await rm(unfinished, { force: true })
    throw thrown
  }
}

async function writeTo(stream: NodeJS.WritableStream, bytes: Uint8Array | string): Promise<void> {
  // once() rejects where the stream fails.
  if (!stream.write(bytes)) await once(stream, 'drain')
}
