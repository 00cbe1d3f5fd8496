// Zipkin's JSON of version 2 (zipkin.io/zipkin-api, zipkin2-api.yaml): a list of spans. One pass over the bytes, no objects.

import type { ByteSource } from '../codec/byte-source.ts'
import { TEXT, type ZipkinDraft } from './draft.ts'
import { ascii, badZipkin, readSpans, readEndpoint, readParentId, readSpanId, readTraceId } from './json-fields.ts'
import { JsonScanner } from './json-scanner.ts'

const TRACE_ID = ascii('traceId')
const PARENT_ID = ascii('parentId')
const ID = ascii('id')
const KIND = ascii('kind')
const NAME = ascii('name')
const TIMESTAMP = ascii('timestamp')
const DURATION = ascii('duration')
const DEBUG = ascii('debug')
const SHARED = ascii('shared')
const LOCAL = ascii('localEndpoint')
const REMOTE = ascii('remoteEndpoint')
const ANNOTATIONS = ascii('annotations')
const TAGS = ascii('tags')
const VALUE = ascii('value')
/** By OTLP's number; others are no kind. */
const KINDS: readonly Uint8Array[] = ['-', '-', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(ascii)
const FIRST_KIND = 2
const WORD = 0x1_0000_0000

export class ZipkinV2Json {
  private readonly draft: ZipkinDraft
  private readonly scanner = new JsonScanner()

  constructor(draft: ZipkinDraft) {
    this.draft = draft
  }

  /** Calls `begin` with the bytes, which are changed, and `span` for each span, when it stands in the draft. */
  read(bytes: Uint8Array, begin: (source: ByteSource) => void, span: () => void): void {
    readSpans(this.scanner, this.draft, bytes, { begin, field: () => this.field(), span })
  }

  /** By the length of the key, then the key. */
  private field(): void {
    const { draft, scanner } = this
    switch (scanner.length) {
      case 2:
        if (scanner.is(ID)) return readSpanId(scanner, draft)
        break
      case 4:
        return this.fourLetters()
      case 5:
        if (!scanner.is(DEBUG)) break
        draft.debug = scanner.bool('debug')
        return
      case 6:
        if (!scanner.is(SHARED)) break
        scanner.bool('shared')
        return
      case 7:
        if (scanner.is(TRACE_ID)) return readTraceId(scanner, draft)
        break
      case 8:
        if (scanner.is(PARENT_ID)) return readParentId(scanner, draft)
        if (!scanner.is(DURATION)) break
        draft.setDuration(scanner.uint('duration'))
        return
      case 9:
        if (!scanner.is(TIMESTAMP)) break
        draft.setStart(scanner.uint('timestamp'))
        return
      case 11:
        if (scanner.is(ANNOTATIONS)) return this.annotations()
        break
      case 13:
        if (scanner.is(LOCAL)) return readEndpoint(scanner, draft.local, 'localEndpoint')
        break
      case 14:
        if (scanner.is(REMOTE)) return readEndpoint(scanner, draft.remote, 'remoteEndpoint')
        break
    }
    scanner.skip()
  }

  private fourLetters(): void {
    const { draft, scanner } = this
    if (scanner.is(NAME)) {
      scanner.text('name')
      draft.nameOffset = scanner.offset
      draft.nameLength = scanner.length
    } else if (scanner.is(KIND)) {
      scanner.text('kind')
      draft.kind = 0
      for (let kind = FIRST_KIND; kind < KINDS.length; kind++)
        if (scanner.is(KINDS[kind] as Uint8Array)) draft.kind = kind
    } else if (scanner.is(TAGS)) this.tags()
    else scanner.skip()
  }

  private tags(): void {
    const { draft, scanner } = this
    if (scanner.isNull()) return
    scanner.objectBegin('tags')
    for (let first = true; scanner.key(first); first = false) {
      const { offset, length } = scanner
      scanner.text('a tag')
      draft.addTag(offset, length, TEXT, scanner.offset, scanner.length, -1)
    }
  }

  private annotations(): void {
    const { scanner } = this
    if (scanner.isNull()) return
    scanner.listBegin('annotations')
    for (let first = true; scanner.element(first); first = false) if (!scanner.isNull()) this.annotation()
  }

  private annotation(): void {
    const { draft, scanner } = this
    let micros = 0
    let offset = 0
    let length = 0
    scanner.objectBegin('an annotation')
    for (let first = true; scanner.key(first); first = false) {
      if (scanner.is(TIMESTAMP)) micros = scanner.uint('timestamp')
      else if (scanner.is(VALUE)) {
        scanner.text('value')
        offset = scanner.offset
        length = scanner.length
      } else scanner.skip()
    }
    if (micros === 0) throw badZipkin('valid annotation timestamp required')
    draft.addAnnotation(micros | 0, Math.floor(micros / WORD), offset, length, -1)
  }
}
