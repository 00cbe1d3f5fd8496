// The bytes of the file of strategies, from a path or a URL, within a limit of size and time. Must never put a password of
// the URL into a message.

import { open } from 'node:fs/promises'
import { SpoorError, toError } from '@spoor/core/base/errors'

const MAX_BYTES = 4 * 1024 * 1024
const TIMEOUT_MS = 5000

export interface StrategySource {
  /** For people. */
  readonly name: string
  /** The text; undefined where the server has none for now (503, as in Jaeger). Rejects with SpoorError `unavailable`. */
  read(signal: AbortSignal): Promise<string | undefined>
}

export function strategySource(given: string): StrategySource {
  const url = /^https?:\/\//i.test(given) ? URL.parse(given) : null
  if (url === null) return { name: given, read: (signal) => fromFile(given, signal) }
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const headers = credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  url.username = ''
  url.password = ''
  // A query may hold a token.
  const name = `${url.origin}${url.pathname}`
  return { name, read: (signal) => fromUrl(url, name, headers, signal) }
}

async function fromFile(path: string, signal: AbortSignal): Promise<string> {
  try {
    const file = await open(path)
    try {
      const stat = await file.stat()
      if (!stat.isFile()) throw new Error('it is no file')
      if (stat.size > MAX_BYTES) throw overLimit()
      return await file.readFile({ encoding: 'utf8', signal })
    } finally {
      await file.close()
    }
  } catch (thrown) {
    throw unavailable(path, thrown)
  }
}

async function fromUrl(
  url: URL,
  name: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    const chunks: Uint8Array[] = []
    let used = 0
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      used += chunk.byteLength
      chunks.push(chunk)
      if (used > MAX_BYTES) break
    }
    if (response.status === 503) return undefined
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    if (used > MAX_BYTES) throw overLimit()
    return Buffer.concat(chunks).toString('utf8')
  } catch (thrown) {
    throw unavailable(name, thrown)
  }
}

function overLimit(): Error {
  return new Error(`it is over the limit of ${MAX_BYTES} bytes`)
}

function unavailable(name: string, thrown: unknown): SpoorError {
  const { message, cause } = toError(thrown)
  const why = cause instanceof Error && message === 'fetch failed' ? cause.message : message
  return new SpoorError('unavailable', 'strategies_unreadable', `cannot read ${name}: ${why}`, { cause: thrown })
}
