// Cuts a stream of OTLP protobuf into messages that stand for themselves: the ResourceSpans of TracesData, each as a TracesData
// of its own, or the frames of the OpenTelemetry Collector's file exporter (a length of four bytes, big-endian, then TracesData).

import type { Readable } from 'node:stream'
import { SpoorError } from '@spoor/core/base/errors'

const RESOURCE_SPANS = 0x0a
/** No message is believed to be larger. */
const MAX_MESSAGE_BYTES = 256 << 20
const MAX_VARINT_BYTES = 10

/** Where the next message lies from the buffer's begin; undefined where more bytes are needed to know. */
interface Place {
  readonly from: number
  readonly to: number
}

/** Throws SpoorError `bad_protobuf`. */
export async function* readMessages(file: Readable): AsyncIterable<Uint8Array> {
  let held: Buffer = Buffer.alloc(0)
  let place: ((bytes: Buffer) => Place | undefined) | undefined
  for await (const chunk of file as AsyncIterable<Buffer>) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    // A frame's length begins with a zero: no message has 16 MiB. A TracesData never does.
    place ??= held[0] === RESOURCE_SPANS ? fieldPlace : framePlace
    let at = 0
    for (;;) {
      const next = at === held.length ? undefined : place(held.subarray(at))
      if (next === undefined || at + next.to > held.length) break
      yield held.subarray(at + next.from, at + next.to)
      at += next.to
    }
    held = held.subarray(at)
  }
  if (held.length > 0) throw bad('the file ends in the middle of a message')
}

/** The whole field is the message. */
function fieldPlace(bytes: Buffer): Place | undefined {
  if (bytes[0] !== RESOURCE_SPANS) throw bad('this is no TracesData message')
  let length = 0
  for (let i = 1; i <= MAX_VARINT_BYTES; i++) {
    const byte = bytes[i]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 2 ** (7 * (i - 1))
    if (byte < 0x80) return { from: 0, to: i + 1 + sound(length) }
  }
  throw bad('this is no TracesData message')
}

function framePlace(bytes: Buffer): Place | undefined {
  return bytes.length < 4 ? undefined : { from: 4, to: 4 + sound(bytes.readUInt32BE(0)) }
}

function sound(length: number): number {
  if (length > MAX_MESSAGE_BYTES) throw bad(`a message of ${length} bytes is not believed`)
  return length
}

function bad(message: string): SpoorError {
  return new SpoorError('invalid', 'bad_protobuf', message)
}
