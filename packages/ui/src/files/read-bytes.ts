// A file's text, unpacked where it is gzip, and never more of it than a browser can hold.

/** Characters of a JavaScript string end at half a gigabyte; parsed JSON takes several times its text. */
const MAX_FILE_BYTES = 256 * 1024 * 1024

/** Throws where the file is too large or cannot be read; the message is for its reader. */
export async function readText(file: Blob, maxBytes = MAX_FILE_BYTES): Promise<string> {
  if (file.size > maxBytes) throw new Error(tooLarge('is', maxBytes))
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  const packed = head[0] === 0x1f && head[1] === 0x8b
  if (!packed) return await file.text()
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.length
    if (bytes > maxBytes) {
      await reader.cancel()
      throw new Error(tooLarge('unpacks to', maxBytes))
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

function tooLarge(verb: string, maxBytes: number): string {
  return `The file ${verb} more than ${maxBytes / 1024 / 1024} MiB, the most that a page can open.`
}
