// Rewrites a request in which a ResourceSpans or ScopeSpans message holds its Resource or Scope more than once. Protobuf
// merges such messages, and the bytes of merged messages are their bytes joined. No known exporter writes this; it is
// here so that what is valid is read as what it means.

import { ProtoReader } from '../codec/protobuf.ts'
import { ProtoWriter } from '../codec/protobuf-writer.ts'
import * as field from './fields.ts'

/** Room that the length of a joined message gets from the start; more is made where it is not enough. */
const LENGTH_GUESS = 3

/** The same request with at most one Resource a ResourceSpans and one Scope a ScopeSpans. The input is well-formed. */
export function mergeGroups(bytes: Uint8Array): Uint8Array {
  const writer = new ProtoWriter(bytes.length + 64)
  rewrite(new ProtoReader(bytes), writer, bytes.length, 0, 0)
  return writer.finish()
}

/** Copies one message. `depth` 0 is the request, 1 ResourceSpans, 2 ScopeSpans. */
function rewrite(reader: ProtoReader, writer: ProtoWriter, end: number, depth: number, start: number): void {
  const inner = depth === 0 ? field.RESOURCE_SPANS : field.SCOPE_SPANS
  if (depth > 0) joinFirst(reader, writer, start, end, depth)
  reader.pos = start
  while (reader.pos < end) {
    const from = reader.pos
    const tag = reader.tag(end)
    if (depth < 2 && tag === inner) {
      const length = reader.length(end)
      const at = reader.pos
      const mark = writer.begin(inner, LENGTH_GUESS)
      rewrite(reader, writer, at + length, depth + 1, at)
      writer.end(mark, LENGTH_GUESS)
      reader.pos = at + length
      continue
    }
    reader.skip(tag, end, depth)
    if (depth === 0 || tag !== field.RESOURCE) writer.raw(reader.bytes, from, reader.pos - from)
  }
}

/** Writes all Resources (or Scopes; both are field 1) of a message as one, if there is any. */
function joinFirst(reader: ProtoReader, writer: ProtoWriter, start: number, end: number, depth: number): void {
  let mark = -1
  reader.pos = start
  while (reader.pos < end) {
    const tag = reader.tag(end)
    reader.skip(tag, end, depth)
    if (tag !== field.RESOURCE) continue
    if (mark < 0) mark = writer.begin(field.RESOURCE, LENGTH_GUESS)
    writer.raw(reader.bytes, reader.pos - reader.low, reader.low)
  }
  if (mark >= 0) writer.end(mark, LENGTH_GUESS)
}
