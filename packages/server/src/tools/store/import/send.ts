// Gives requests to a running server as any OTLP client does: POST /v1/traces, again where it is told to come later.

import { setTimeout as delay } from 'node:timers/promises'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { ProtoReader } from '../../../wire/codec/protobuf.ts'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import type { TakeRequest } from './import.ts'

const RETRIES = 100
const RETRY_MS = 500
const MAX_RETRY_MS = 30_000
const MAX_SHOWN = 300
/** ExportTraceServiceResponse.partial_success and its rejected_spans. */
const PARTIAL_SUCCESS = 0x0a
const REJECTED_SPANS = 0x08

/** `base`: `http://host:4318`. */
export function sendTo(base: string): TakeRequest {
  const url = addressOf(base)
  return async (bytes) => {
    const { spanCount } = scanOtlp(bytes)
    for (let attempt = 0; ; attempt++) {
      const answer = await post(url, bytes)
      const body = new Uint8Array(await answer.arrayBuffer())
      if (answer.status === 200) return spanCount - rejected(body)
      const later = answer.status === 429 || (answer.status >= 502 && answer.status <= 504)
      if (!later || attempt === RETRIES) {
        const said = plain(body)
        throw new SpoorError('unavailable', 'server_refused', `${url} answered ${answer.status}: ${said}`)
      }
      const seconds = Number(answer.headers.get('retry-after') ?? '')
      await delay(seconds > 0 ? Math.min(MAX_RETRY_MS, seconds * 1000) : RETRY_MS)
    }
  }
}

/** What can be read of an answer: refusals are protobuf around a sentence. */
function plain(body: Uint8Array): string {
  const text = new TextDecoder().decode(body).replaceAll(/[^\x20-\x7e]+/g, ' ')
  return text.trim().slice(0, MAX_SHOWN)
}

function addressOf(base: string): string {
  try {
    return new URL('v1/traces', base.endsWith('/') ? base : `${base}/`).href
  } catch {
    throw new SpoorError('invalid', 'bad_command', `--to: ${base} is no address such as http://localhost:4318`)
  }
}

async function post(url: string, bytes: Uint8Array): Promise<Response> {
  try {
    const headers = { 'content-type': 'application/x-protobuf' }
    return await fetch(url, { method: 'POST', headers, body: Uint8Array.from(bytes) })
  } catch (thrown) {
    const error = toError(thrown)
    const cause = error.cause === undefined ? error : toError(error.cause)
    throw new SpoorError('unavailable', 'server_unreachable', `${url} cannot be reached: ${cause.message}`)
  }
}

function rejected(body: Uint8Array): number {
  const reader = new ProtoReader(body)
  while (reader.pos < body.length) {
    const tag = reader.tag(body.length)
    if (tag !== PARTIAL_SUCCESS) {
      reader.skip(tag, body.length, 0)
      continue
    }
    const end = reader.length(body.length) + reader.pos
    while (reader.pos < end) {
      const inner = reader.tag(end)
      if (inner !== REJECTED_SPANS) reader.skip(inner, end, 1)
      else {
        reader.varint(end)
        return reader.low
      }
    }
  }
  return 0
}
