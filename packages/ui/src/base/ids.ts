// Trace and span ids as people paste them: upper case, with dashes, in base64, inside a traceparent or a whole address.
// Pure text work. An id that is none of these is passed on as it is: the server decides.

const HEX = /^[0-9a-f]{1,32}$/
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/
const UBER = /^([0-9a-f]{1,32}):[0-9a-f]{1,16}:[0-9a-f]{1,16}:[0-9a-f]{1,2}$/
/** 16 or 8 bytes in base64 or base64url. */
const BASE64 = /^(?:[A-Za-z0-9+/_-]{22}(?:==)?|[A-Za-z0-9+/_-]{11}=?)$/

function base64ToHex(text: string): string {
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''))
  let hex = ''
  for (const char of bytes) hex += char.charCodeAt(0).toString(16).padStart(2, '0')
  return hex
}

/** The trace id in a pasted text as lower-case hex, or undefined where there is none. */
export function findTraceId(pasted: string): string | undefined {
  const text = pasted.trim()
  const inAddress = /\/traces?\/([^/?#\s]+)/.exec(text)
  const candidate = inAddress?.[1] === undefined ? text : decodeText(inAddress[1])
  const lower = candidate.toLowerCase()
  const wrapped = TRACEPARENT.exec(lower) ?? UBER.exec(lower)
  if (wrapped?.[1] !== undefined) return wrapped[1]
  const plain = lower.replace(/^0x/, '').replaceAll('-', '')
  if (HEX.test(plain)) return plain
  if (BASE64.test(candidate)) return base64ToHex(candidate)
  return undefined
}

/** Never throws: a wrong escape stays as written. */
export function decodeText(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/** True where both name the same trace: 16 digits and 32 with a zero upper half are one id. */
export function sameTraceId(a: string, b: string): boolean {
  return a.toLowerCase().padStart(32, '0') === b.toLowerCase().padStart(32, '0')
}

/** Lower-case hex of `length` bytes from `at`. */
export function hexAt(bytes: Uint8Array, at: number, length: number): string {
  let text = ''
  for (let i = at; i < at + length; i++) text += (bytes[i] ?? 0).toString(16).padStart(2, '0')
  return text
}
