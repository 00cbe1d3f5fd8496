// Tags as typed into the search form: logfmt, `error=true http.url="a b"`. The URL carries them as a JSON object.

export type TagsResult = { readonly tags: Readonly<Record<string, string>> } | { readonly error: string }

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s="]+))(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?=\s|$)/y

function plain(text: string): string {
  return text.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : char))
}

/** A key without a value means `true`, as in Jaeger. A later value of the same key wins. */
export function parseLogfmt(text: string): TagsResult {
  const tags: [string, string][] = []
  let at = 0
  const end = text.trimEnd().length
  while (at < end) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    if (token === null) {
      const rest = text.slice(at).trim().slice(0, 30)
      return { error: `Not understood: ${rest} — write key=value, and quotes around a value with spaces.` }
    }
    const key = token[1] === undefined ? (token[2] ?? '') : plain(token[1])
    const value = token[3] === undefined ? token[4] : plain(token[3])
    tags.push([key, value ?? 'true'])
    at = TOKEN.lastIndex
  }
  return { tags: Object.fromEntries(tags) }
}

function quote(text: string, bare: RegExp): string {
  if (bare.test(text)) return text
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
}

export function formatLogfmt(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([key, value]) => `${quote(key, /^[^\s="\\]+$/)}=${quote(value, /^[^\s"\\]+$/)}`)
    .join(' ')
}
