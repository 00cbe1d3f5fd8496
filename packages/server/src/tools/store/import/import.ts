// `spoor store import`: files of spans into a store, through its writer, or into a running server, through OTLP/HTTP. A request
// at a time; each is promised before the next is sent, so that a broken import is begun again without harm: what is there
// already is kept once.

import { createReadStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isRetryable, SpoorError, toError } from '@spoor/core/base/errors'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import { flagOf, type StoreArguments } from '../arguments.ts'
import type { Output, StoreTools } from '../tools.ts'
import { readRequests, type ImportFormat, IMPORT_FORMATS } from './requests.ts'
import { sendTo } from './send.ts'

const RETRY_MS = 100

/** Takes one request; resolves to the number of spans stored. */
export type TakeRequest = (bytes: Uint8Array) => Promise<number>

/** Resolves to the exit code: 1 where spans were refused. */
export async function importFiles(args: StoreArguments, tools: StoreTools, output: Output): Promise<number> {
  const to = flagOf(args, 'to')
  const tenant = flagOf(args, 'tenant') ?? ''
  const format = formatOf(flagOf(args, 'format') ?? 'auto')
  if (to !== undefined) {
    if (tenant !== '') throw bad('--tenant: a server takes spans into the tenant of the request; import without --to')
    return await importAll(args.words, format, sendTo(to), output)
  }
  if ((await tools.files.owner(tools.folder)) !== undefined) {
    const message = `a server uses ${tools.folder}: import into it, with --to=http://HOST:4318`
    throw new SpoorError('unavailable', 'folder_in_use', message)
  }
  const store = await tools.open()
  await store.start()
  try {
    const take: TakeRequest = async (bytes) => {
      const batch = scanOtlp(bytes, { tenant })
      if (batch.spanCount === batch.refused.length) return 0
      for (;;) {
        try {
          return (await store.writer.write(batch)).stored
        } catch (thrown) {
          if (!isRetryable(thrown)) throw thrown
          await delay((thrown as SpoorError).retryAfterMs ?? RETRY_MS)
        }
      }
    }
    return await importAll(args.words, format, take, output)
  } finally {
    await store.stop()
  }
}

function formatOf(text: string): ImportFormat {
  const found = IMPORT_FORMATS.find((format) => format === text)
  if (found === undefined) throw bad(`--format: give one of ${IMPORT_FORMATS.join(', ')}`)
  return found
}

function bad(message: string): SpoorError {
  return new SpoorError('invalid', 'bad_command', message)
}

async function importAll(
  files: readonly string[],
  format: ImportFormat,
  take: TakeRequest,
  { tell }: Output,
): Promise<number> {
  let refused = 0
  for (const file of files) {
    let stored = 0
    let given = 0
    try {
      for await (const { bytes, spans } of readRequests(createReadStream(file), format)) {
        given += spans
        stored += await take(bytes)
      }
    } catch (thrown) {
      const error = toError(thrown)
      throw new SpoorError('invalid', 'import_failed', `${file}, after ${stored} spans: ${error.message}`, {
        cause: error,
      })
    }
    tell(`${file}: ${stored} spans imported${given > stored ? `, ${given - stored} refused` : ''}`)
    refused += given - stored
  }
  return refused > 0 ? 1 : 0
}
