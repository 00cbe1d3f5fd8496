// Jaeger's processes of one trace: each distinct service with its tags once, named p1 to pn (jaeger
// model/converter/json/process_hashtable.go). A process is told apart by content, so the same resource sent in a
// hundred requests is one process. In the adjusted form the scope's name and version stand in the process, as in 1.57.

import { FORMAT_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import * as field from '../otlp/fields.ts'
import type { SpanGroup } from '../otlp/span-fields.ts'
import { ascii, JsonBytes } from './json-bytes.ts'
import { compareKeys, isAddress, KeyValue, STRING, writeTag, writeTextTag } from './key-value.ts'

/** What 1.57 calls a service whose resource is empty, and one whose name is missing or empty. */
export const NO_RESOURCE = 'OTLPResourceNoServiceName'
export const NO_NAME = 'empty-service-name'

const FORMAT = ascii(FORMAT_ATTRIBUTE)
const SERVICE_NAME = ascii('service.name')
const LIBRARY_NAME = ascii('otel.library.name')
const LIBRARY_VERSION = ascii('otel.library.version')
const OPEN = ascii('{"serviceName":')
const TAGS = ascii(',"tags":[')
const END = ascii(']}')
const COMMA = 0x2c

/** The scope's name and version, and the format that its spans came in ('' for OTLP): texts in the group's bytes. */
export interface ScopeText {
  readonly bytes: Uint8Array
  readonly nameFrom: number
  readonly nameTo: number
  readonly versionFrom: number
  readonly versionTo: number
  readonly formatFrom: number
  readonly formatTo: number
}

export const NO_SCOPE: ScopeText = {
  bytes: new Uint8Array(0),
  nameFrom: 0,
  nameTo: 0,
  versionFrom: 0,
  versionTo: 0,
  formatFrom: 0,
  formatTo: 0,
}

/** Of the group's InstrumentationScope message. */
export function readScope(group: SpanGroup): ScopeText {
  const text = { ...NO_SCOPE, bytes: group.bytes }
  const { reader, scopeTo } = group
  reader.pos = group.scopeFrom
  while (reader.pos < scopeTo) {
    const tag = reader.tag(scopeTo)
    if (tag !== field.SCOPE_NAME && tag !== field.SCOPE_VERSION && tag !== field.SCOPE_ATTRIBUTE) {
      reader.skip(tag, scopeTo, 0)
      continue
    }
    const length = reader.length(scopeTo)
    const at = reader.pos
    if (tag === field.SCOPE_NAME) {
      text.nameFrom = at
      text.nameTo = at + length
    } else if (tag === field.SCOPE_VERSION) {
      text.versionFrom = at
      text.versionTo = at + length
    } else {
      const kv = new KeyValue()
      kv.read(reader, at, at + length)
      if (kv.keyIs(FORMAT) && kv.type === STRING) {
        text.formatFrom = kv.from
        text.formatTo = kv.to
      }
    }
    reader.pos = at + length
  }
  return text
}

export class Processes {
  readonly #adjusted: boolean
  /** By the bytes of resource and scope as they came: the usual, cheap way. */
  readonly #byBytes = new Map<string, number>()
  /** By the JSON text: the same content in another order or padding. */
  readonly #byText = new Map<string, number>()

  constructor(adjusted: boolean) {
    this.#adjusted = adjusted
  }

  /** Number of the group's process, from 1; `library` are tags of a span that belong to it in the adjusted form. */
  number(group: SpanGroup, scope: ScopeText, library: readonly KeyValue[] = []): number {
    const { bytes } = group
    const resource = latin1(bytes, group.resourceFrom, group.resourceTo)
    const key = this.#adjusted
      ? `${scope.nameTo - scope.nameFrom} ${latin1(bytes, scope.nameFrom, scope.nameTo)}` +
        `${scope.versionTo - scope.versionFrom} ${latin1(bytes, scope.versionFrom, scope.versionTo)}${resource}`
      : resource
    const known = library.length === 0 ? this.#byBytes.get(key) : undefined
    if (known !== undefined) return known
    const text = this.#text(group, scope, library)
    const number = this.#byText.get(text) ?? this.#byText.size + 1
    this.#byText.set(text, number)
    if (library.length === 0) this.#byBytes.set(key, number)
    return number
  }

  /** The object of all processes. */
  write(out: JsonBytes): void {
    out.byte(0x7b)
    for (const [text, number] of this.#byText) {
      if (number > 1) out.byte(COMMA)
      out.raw(ascii(`"p${number}":`))
      const bytes = Buffer.from(text, 'latin1')
      out.block(bytes, 0, bytes.length)
    }
    out.byte(0x7d)
  }

  #text(group: SpanGroup, scope: ScopeText, library: readonly KeyValue[]): string {
    const { bytes } = group
    const out = new JsonBytes(1024)
    let service: KeyValue | undefined
    let count = 0
    const tags: KeyValue[] = []
    for (const kv of resourceAttributes(group)) {
      count++
      if (service === undefined && kv.keyIs(SERVICE_NAME)) service = kv
      else tags.push(kv)
    }
    out.raw(OPEN)
    if (service !== undefined && service.type === STRING && service.to > service.from) {
      out.quoted(bytes, service.from, service.to)
    } else out.string(count === 0 ? NO_RESOURCE : NO_NAME)
    out.raw(TAGS)
    if (this.#adjusted) writeSorted(out, [...tags, ...library], scope)
    else writeAll(out, tags, false)
    out.raw(END)
    return latin1(out.bytes, 0, out.at)
  }
}

function writeAll(out: JsonBytes, tags: readonly KeyValue[], adjusted: boolean): void {
  tags.forEach((kv, i) => {
    if (i > 0) out.byte(COMMA)
    writeTag(out, kv, adjusted && isAddress(kv))
  })
}

function writeSorted(out: JsonBytes, tags: readonly KeyValue[], scope: ScopeText): void {
  const all = [...tags]
  if (scope.nameTo > scope.nameFrom) all.push(textTag(LIBRARY_NAME, scope.bytes, scope.nameFrom, scope.nameTo))
  if (scope.versionTo > scope.versionFrom) {
    all.push(textTag(LIBRARY_VERSION, scope.bytes, scope.versionFrom, scope.versionTo))
  }
  writeAll(out, all.toSorted(compareKeys), true)
}

/** The scope as tags of a span, as the unadjusted form shows it; true where something was written. */
export function writeScopeTags(out: JsonBytes, scope: ScopeText): boolean {
  const name = scope.nameTo > scope.nameFrom
  const version = scope.versionTo > scope.versionFrom
  if (name) writeTextTag(out, LIBRARY_NAME, scope.bytes, scope.nameFrom, scope.nameTo)
  if (name && version) out.byte(COMMA)
  if (version) writeTextTag(out, LIBRARY_VERSION, scope.bytes, scope.versionFrom, scope.versionTo)
  return name || version
}

/** A tag made of a constant key and a text elsewhere. */
function textTag(key: Uint8Array, bytes: Uint8Array, from: number, to: number): KeyValue {
  const kv = new KeyValue()
  kv.bytes = Buffer.concat([key, bytes.subarray(from, to)])
  kv.keyTo = kv.from = key.length
  kv.to = kv.bytes.length
  kv.type = STRING
  return kv
}

/** Of the group's Resource message. */
function resourceAttributes(group: SpanGroup): KeyValue[] {
  const { reader, resourceTo } = group
  const found: KeyValue[] = []
  reader.pos = group.resourceFrom
  while (reader.pos < resourceTo) {
    const tag = reader.tag(resourceTo)
    if (tag !== field.RESOURCE_ATTRIBUTE) {
      reader.skip(tag, resourceTo, 0)
      continue
    }
    const end = reader.length(resourceTo) + reader.pos
    const kv = new KeyValue()
    kv.read(reader, reader.pos, end)
    found.push(kv)
    reader.pos = end
  }
  return found
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}
