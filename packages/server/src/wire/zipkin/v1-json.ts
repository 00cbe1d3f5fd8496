// Zipkin's JSON of version 1 (zipkin.io/zipkin-api, zipkin-api.yaml): a list of spans with annotations and binary annotations.
// Values may be booleans and numbers as well as texts, as Zipkin's own library writes them; Jaeger since 1.5x refuses those.

import type { ByteSource } from '../codec/byte-source.ts'
import { BOOL, BYTES, DOUBLE, INT, TEXT, type ZipkinDraft } from './draft.ts'
import { ascii, badZipkin, readSpans, readEndpoint, readParentId, readSpanId, readTraceId } from './json-fields.ts'
import { JsonScanner } from './json-scanner.ts'

const TRACE_ID = ascii('traceId')
const PARENT_ID = ascii('parentId')
const ID = ascii('id')
const NAME = ascii('name')
const TIMESTAMP = ascii('timestamp')
const DURATION = ascii('duration')
const DEBUG = ascii('debug')
const ANNOTATIONS = ascii('annotations')
const BINARY_ANNOTATIONS = ascii('binaryAnnotations')
const KEY = ascii('key')
const VALUE = ascii('value')
const TYPE = ascii('type')
const ENDPOINT = ascii('endpoint')
const BYTES_TYPE = ascii('BYTES')
const INT_TYPES: readonly Uint8Array[] = ['I16', 'I32', 'I64'].map(ascii)
const DOUBLE_TYPE = ascii('DOUBLE')
const WHOLE = /^-?\d{1,18}$/
const BASE64 = /^[\w+/-]*={0,2}$/
const WORD = 0x1_0000_0000

export class ZipkinV1Json {
  private readonly draft: ZipkinDraft
  private readonly scanner = new JsonScanner()
  private readonly number = new Float64Array(1)
  private readonly words = new Int32Array(this.number.buffer)

  constructor(draft: ZipkinDraft) {
    this.draft = draft
  }

  /** Calls `begin` with the bytes, which are changed, and `span` for each span, when it stands in the draft. */
  read(bytes: Uint8Array, begin: (source: ByteSource) => void, span: () => void): void {
    readSpans(this.scanner, this.draft, bytes, { begin, field: () => this.field(), span })
  }

  private field(): void {
    const { draft, scanner } = this
    if (scanner.is(TRACE_ID)) readTraceId(scanner, draft)
    else if (scanner.is(ID)) readSpanId(scanner, draft)
    else if (scanner.is(PARENT_ID)) readParentId(scanner, draft)
    else if (scanner.is(NAME)) {
      scanner.text('name')
      draft.nameOffset = scanner.offset
      draft.nameLength = scanner.length
    } else if (scanner.is(TIMESTAMP)) draft.setStart(scanner.uint('timestamp'))
    else if (scanner.is(DURATION)) {
      const absent = scanner.isNull()
      if (!absent) draft.setDuration(scanner.uint('duration'))
    } else if (scanner.is(DEBUG)) draft.debug = scanner.bool('debug')
    else if (scanner.is(ANNOTATIONS)) this.list('annotations', () => this.annotation())
    else if (scanner.is(BINARY_ANNOTATIONS)) this.list('binaryAnnotations', () => this.binaryAnnotation())
    else scanner.skip()
  }

  private list(what: string, item: () => void): void {
    const { scanner } = this
    if (scanner.isNull()) return
    scanner.listBegin(what)
    for (let first = true; scanner.element(first); first = false) if (!scanner.isNull()) item()
  }

  private annotation(): void {
    const { draft, scanner } = this
    let micros = 0
    let offset = 0
    let length = 0
    let endpoint = -1
    scanner.objectBegin('an annotation')
    for (let first = true; scanner.key(first); first = false) {
      if (scanner.is(TIMESTAMP)) micros = scanner.uint('timestamp')
      else if (scanner.is(VALUE)) {
        scanner.text('value')
        offset = scanner.offset
        length = scanner.length
      } else if (scanner.is(ENDPOINT)) endpoint = this.endpoint()
      else scanner.skip()
    }
    draft.addAnnotation(micros | 0, Math.floor(micros / WORD), offset, length, endpoint)
  }

  /** Its number, or -1. */
  private endpoint(): number {
    const { draft, scanner } = this
    if (scanner.isNull()) return -1
    readEndpoint(scanner, draft.addEndpoint(), 'endpoint')
    return draft.lastEndpoint
  }

  private binaryAnnotation(): void {
    const { draft, scanner } = this
    let key = 0
    let keyLength = 0
    let kind = TEXT
    let a = 0
    let b = 0
    let endpoint = -1
    let typeAt = -1
    let typeLength = 0
    scanner.objectBegin('a binary annotation')
    for (let first = true; scanner.key(first); first = false) {
      if (scanner.is(KEY)) {
        scanner.text('key')
        key = scanner.offset
        keyLength = scanner.length
      } else if (scanner.is(VALUE)) {
        kind = this.value()
        a = kind === TEXT ? scanner.offset : (this.words[0] as number)
        b = kind === TEXT ? scanner.length : (this.words[1] as number)
      } else if (scanner.is(TYPE)) {
        scanner.text('type')
        typeAt = scanner.offset
        typeLength = scanner.length
      } else if (scanner.is(ENDPOINT)) endpoint = this.endpoint()
      else scanner.skip()
    }
    draft.addTag(key, keyLength, kind, a, b, endpoint)
    if (typeAt >= 0) this.retype(typeAt, typeLength)
  }

  /** The kind of value; a text is the scanner's, all others stand in `words`. */
  private value(): number {
    const { scanner, words } = this
    if (scanner.isText()) {
      scanner.text('value')
      return TEXT
    }
    if (scanner.isBool()) {
      words[0] = Number(scanner.bool('value'))
      words[1] = 0
      return BOOL
    }
    if (scanner.isNull()) {
      scanner.length = 0
      return TEXT
    }
    return this.numberValue(scanner.number())
  }

  private numberValue(text: string): number {
    const { number, words } = this
    if (!WHOLE.test(text)) {
      number[0] = Number(text)
      return DOUBLE
    }
    const value = BigInt(text)
    words[0] = Number(BigInt.asIntN(32, value))
    words[1] = Number(BigInt.asIntN(32, value >> 32n))
    return INT
  }

  /** A value whose type is named: bytes come as base64, and long numbers as texts. */
  private retype(offset: number, length: number): void {
    const { draft, scanner, words } = this
    const { tags, tagCount } = draft
    const at = (tagCount - 1) * 6
    scanner.offset = offset
    scanner.length = length
    const isBytes = scanner.is(BYTES_TYPE)
    const isDouble = scanner.is(DOUBLE_TYPE)
    if (isDouble && tags[at + 2] === INT) {
      const whole = (tags[at + 4] as number) * WORD + ((tags[at + 3] as number) >>> 0)
      this.number[0] = whole
      tags[at + 2] = DOUBLE
    } else if (tags[at + 2] === TEXT && (isBytes || isDouble || INT_TYPES.some((type) => scanner.is(type)))) {
      const value = Buffer.from(scanner.bytes.buffer, scanner.bytes.byteOffset + (tags[at + 3] as number), tags[at + 4])
      const text = value.toString('latin1')
      if (isBytes) {
        if (!BASE64.test(text)) throw badZipkin('a value of type BYTES is not base64')
        // Shorter than its text, so it goes in its place.
        tags[at + 4] = Buffer.from(text, 'base64').copy(value)
        tags[at + 2] = BYTES
        return
      }
      if (text === '' || !Number.isFinite(Number(text))) throw badZipkin('a value of a number type is no number')
      tags[at + 2] = isDouble ? DOUBLE : this.numberValue(text)
      if (isDouble) this.number[0] = Number(text)
    } else return
    tags[at + 3] = words[0] as number
    tags[at + 4] = words[1] as number
  }
}
