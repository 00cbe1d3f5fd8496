// prettyPrint=true: indents JSON that is already written, four spaces a level and empty arrays and objects closed up,
// as Go's json.MarshalIndent prints them. For people who look; the answer is whole in memory.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const COMMA = 0x2c
const COLON = 0x3a

/** `json` is compact and valid. */
export function prettyJson(json: Uint8Array): string {
  const parts: string[] = []
  let depth = 0
  let from = 0
  const cut = (to: number): void => {
    parts.push(Buffer.from(json.buffer, json.byteOffset + from, to - from).toString())
    from = to
  }
  const line = (): void => void parts.push(`\n${'    '.repeat(depth)}`)
  for (let i = 0; i < json.length; i++) {
    const b = json[i]
    if (b === QUOTE) i = endOfString(json, i)
    else if (b === OPEN_ARRAY || b === OPEN_OBJECT) {
      if (json[i + 1] === CLOSE_ARRAY || json[i + 1] === CLOSE_OBJECT) i++
      else {
        cut(i + 1)
        depth++
        line()
      }
    } else if (b === CLOSE_ARRAY || b === CLOSE_OBJECT) {
      cut(i)
      depth--
      line()
    } else if (b === COMMA || b === COLON) {
      cut(i + 1)
      if (b === COMMA) line()
      else parts.push(' ')
    }
  }
  cut(json.length)
  return parts.join('')
}

/** Index of the closing quote of the string that starts at `i`. */
function endOfString(json: Uint8Array, i: number): number {
  let at = i + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at
}
