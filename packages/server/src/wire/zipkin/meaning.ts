// What tags of Zipkin mean beyond themselves, with the rules of opentelemetry-collector-contrib pkg/translator/zipkin, which
// Jaeger 1.57 has in its port 9411: `error`, kind and status of OpenTelemetry's own exporters. Tags that say it stay as
// they are; nothing is told twice.

import { STATUS_ERROR, STATUS_OK } from '@spoor/core/model/span'
import { textOf } from '../codec/text.ts'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { boolAttribute, textAttribute } from './attributes.ts'
import { BOOL, TEXT, type ZipkinDraft } from './draft.ts'
import { ascii } from './json-fields.ts'

const ERROR = ascii('error')
const KIND = ascii('span.kind')
const STATE = ascii('w3c.tracestate')
const CODE = ascii('otel.status_code')
const DESCRIPTION = ascii('otel.status_description')
const TRUE = ascii('true')
const KINDS: readonly string[] = ['', 'internal', 'server', 'client', 'producer', 'consumer']
const CODES: ReadonlyMap<string, number> = new Map([
  ['OK', STATUS_OK],
  ['ERROR', STATUS_ERROR],
  ['STATUS_CODE_OK', STATUS_OK],
  ['STATUS_CODE_ERROR', STATUS_ERROR],
])
const NOT_OK_TAG = textAttribute('otel.status_code', 'ERROR')
const ERROR_TAG = boolAttribute('error', true)

export function equals(bytes: Uint8Array, offset: number, length: number, text: Uint8Array): boolean {
  if (length !== text.length) return false
  for (let i = 0; i < length; i++) if (bytes[offset + i] !== text[i]) return false
  return true
}

export class TagMeaning {
  private readonly builder: OtlpBatchBuilder
  private readonly draft: ZipkinDraft
  private hasError = false
  private code = 0
  private descriptionAt = -1
  /** OTLP's number, as a tag says it; 0 where none does. */
  kind: number = 0

  constructor(builder: OtlpBatchBuilder, draft: ZipkinDraft) {
    this.builder = builder
    this.draft = draft
  }

  /** Of a new span. */
  begin(): void {
    this.hasError = false
    this.code = this.kind = 0
    this.descriptionAt = -1
  }

  /** Looks at the tag that begins at cell `at`; false where it is not to be written as it is. */
  look(at: number): boolean {
    const { tags, source } = this.draft
    const { bytes } = source
    const key = tags[at] as number
    switch (tags[at + 1]) {
      case 5:
        return !equals(bytes, key, 5, ERROR) || this.error(at)
      case 9:
        if (equals(bytes, key, 9, KIND)) this.kind = Math.max(KINDS.indexOf(this.text(at)), 0)
        return true
      case 14:
        // The tag stays for v1's doors.
        if (equals(bytes, key, 14, STATE)) this.builder.traceState(this.text(at))
        return true
      case 16:
        if (equals(bytes, key, 16, CODE)) this.code = CODES.get(this.text(at).toUpperCase()) ?? 0
        return true
      case 23:
        if (equals(bytes, key, 23, DESCRIPTION) && tags[at + 2] === TEXT) this.descriptionAt = at
        return true
      default:
        return true
    }
  }

  /** Any `error` is one; its text is kept where it says more than that. */
  private error(at: number): boolean {
    const { tags, source } = this.draft
    const value = tags[at + 3] as number
    if (tags[at + 2] === BOOL) {
      this.hasError ||= value !== 0
      return value === 0
    }
    this.hasError = true
    return tags[at + 2] !== TEXT || !equals(source.bytes, value, tags[at + 4] as number, TRUE)
  }

  private text(at: number): string {
    const { tags, source } = this.draft
    return tags[at + 2] === TEXT ? textOf(source.bytes, tags[at + 3] as number, tags[at + 4] as number) : ''
  }

  /** Writes the status, and the tags that v1 has for an error. */
  write(): void {
    const { builder, code, descriptionAt, hasError } = this
    if (hasError) {
      if (code === 0) builder.rawAttribute(NOT_OK_TAG, 0, NOT_OK_TAG.length)
      builder.rawAttribute(ERROR_TAG, 0, ERROR_TAG.length)
    }
    const status = hasError ? STATUS_ERROR : code
    if (status === 0) return
    const { tags, source } = this.draft
    if (descriptionAt < 0) builder.status(status)
    else builder.statusRange(status, source, tags[descriptionAt + 3] as number, tags[descriptionAt + 4] as number)
  }
}
