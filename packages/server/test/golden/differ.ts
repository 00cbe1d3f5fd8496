// Asks a running Spoor every recorded question and says where its answers differ from each Jaeger's.

import type { Spoor } from '@spoor/testkit/spoor/start'
import { compareAnswers, type Difference } from './compare.ts'
import {
  bodyOf,
  type ByVersion,
  type Exchange,
  type GrpcExchange,
  type Protocol,
  type Recording,
  REFERENCE,
  type Version,
  VERSIONS,
} from './recordings.ts'
import { type Answer, callGrpc, createTalk, type Said, type Talk } from './talk.ts'

/** Which list of recorded questions: those after a protocol's inputs, or one of the others. */
export type Group = Protocol | 'search' | 'receiver-errors' | 'sampling'

export interface Found extends Difference {
  readonly version: Version
  readonly group: Group
}

/** Questions of all versions, each asked once of Spoor. */
export class Asker {
  private readonly spoor: Spoor
  private readonly talk: Talk = createTalk()
  private readonly known = new Map<string, Promise<Answer>>()
  questions = 0

  constructor(spoor: Spoor) {
    this.spoor = spoor
  }

  async ask(exchange: Exchange, request: string = exchange.request): Promise<Answer> {
    const { port, requestHeaders = {}, requestBody, requestBodyBase64 } = exchange
    const key = JSON.stringify([request, port, requestHeaders, requestBody, requestBodyBase64])
    const known = this.known.get(key)
    if (known !== undefined) return await known
    this.questions++
    const body = requestBodyBase64 === undefined ? requestBody : Buffer.from(requestBodyBase64, 'base64')
    const answer = this.talk.ask(this.base(port), {
      method: request.slice(0, request.indexOf(' ')),
      path: request.slice(request.indexOf(' ') + 1),
      headers: requestHeaders,
      ...(body !== undefined && { body: Buffer.from(body) }),
    })
    this.known.set(key, answer)
    return await answer
  }

  close(): void {
    this.talk.close()
  }

  private base(port: number | undefined): string {
    const { url } = this.spoor
    switch (port) {
      case undefined:
        return url.query
      case 4318:
        return url.otlpHttp
      case 5778:
        return url.samplingHttp
      case 14268:
        return url.jaegerHttp
      default:
        throw new Error(`no listener stands for port ${port}`)
    }
  }
}

interface Told {
  readonly status?: number
  readonly type?: string
  readonly body?: string
  readonly error?: string
}

/** Fields of an answer: those of its JSON object beside its status and media type, or its text. */
function fieldsOf({ status, type = '', body = '' }: Told): object {
  const media = type.replace(/^application\/json;.*/, 'application/json')
  // A page for people has no fields.
  if (media.includes('text/html')) return { status, type: media }
  const parsed = body.startsWith('{') ? (JSON.parse(body) as object) : { text: body }
  return { status, type: media, ...parsed }
}

/** The status with the reason that stands in the body. */
function outcome({ status, type = '', body = '', error }: Told): string {
  if (error !== undefined) return 'nobody listens'
  if (status === 200 || status === 202 || type.includes('text/html')) return `${status} ${type.split(';')[0]}`.trim()
  const message = /"(?:msg|message)":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body
  return `${status} ${message}`.trim()
}

/** Where two answers differ: in their status alone, or in fields. */
function differences(request: string, jaeger: Told, spoor: Told, anyOrder: boolean): Difference[] {
  const isPage = (told: Told): boolean => (told.type ?? '').includes('text/html')
  if (jaeger.status !== spoor.status || isPage(jaeger) !== isPage(spoor)) {
    return [{ request, path: 'status', jaeger: outcome(jaeger), spoor: outcome(spoor) }]
  }
  return compareAnswers(request, fieldsOf(jaeger), fieldsOf(spoor), anyOrder)
}

/** All differences of some exchanges, of each version. */
export async function differencesOf(
  group: Group,
  asker: Asker,
  byVersion: ByVersion<readonly Exchange[]>,
): Promise<Found[]> {
  const found: Found[] = []
  for (const version of VERSIONS) {
    const exchanges = byVersion[version] ?? []
    for (const exchange of exchanges) {
      const { request, rawIsTheSame, note } = exchange
      const jaeger = { ...exchange, body: bodyOf(exchange, exchanges) ?? '' }
      const name = note === undefined ? request : `${request} (${note})`
      const requests = rawIsTheSame === true && !request.includes('?') ? [request, `${request}?raw=true`] : [request]
      for (const one of requests) {
        const spoor = await asker.ask(exchange, one)
        const places = differences(name, jaeger, spoor, version !== REFERENCE)
        found.push(...places.map((place) => ({ ...place, version, group })))
      }
    }
  }
  return found
}

/** Of calls to the OTLP port: the status, and the message of a good answer. */
export async function differencesOfGrpc(spoor: Spoor, byVersion: ByVersion<readonly GrpcExchange[]>): Promise<Found[]> {
  const found: Found[] = []
  for (const version of VERSIONS) {
    for (const { method, requestHex, code, bodyHex } of byVersion[version] ?? []) {
      const answer = await callGrpc(spoor, method, Buffer.from(requestHex, 'hex'))
      const request = `${method} ${requestHex}`
      const place = { version, group: 'receiver-errors', request } as const
      if (code !== answer.code) found.push({ ...place, path: 'code', jaeger: code, spoor: answer.code })
      else if (bodyHex !== undefined && bodyHex !== answer.bodyHex) {
        found.push({ ...place, path: 'bodyHex', jaeger: bodyHex, spoor: answer.bodyHex })
      }
    }
  }
  return found
}

/** Where receivers answered the inputs otherwise. */
export function differencesSaid(group: Group, said: Said, byVersion: ByVersion<Recording>): Found[] {
  const found: Found[] = []
  for (const version of VERSIONS) {
    for (const { input, answer, note, processDied } of byVersion[version]?.received ?? []) {
      if (note !== undefined || answer.udp !== undefined) continue
      const jaeger = processDied === true ? 'dies' : String(answer.status ?? answer.code ?? 'no answer')
      const spoor = said.get(input)
      if (jaeger !== spoor) found.push({ version, group, request: input, path: 'status', jaeger, spoor })
    }
  }
  return found
}
