// Cuts a query's text into words, quoted texts, operators and marks. A value behind an operator may hold operator
// characters (`url=http://x/?a=b`), so what follows one is cut at blanks, commas and brackets only. Never fails: what makes
// no sense becomes a token that the parser refuses, with its place.

import { NOT_BARE } from './query-names.ts'

export interface Token {
  /** `bad`: a quoted text that does not end or has a wrong escape. */
  readonly kind: 'word' | 'string' | 'operator' | 'mark' | 'bad' | 'end'
  /** A string's content, else as written. */
  readonly text: string
  /** UTF-16 units from the start: first, and behind the last. */
  readonly at: number
  readonly end: number
}

const BLANK = /\s*/y
const OPERATOR = /=~|!~|==|!=|>=|<=|=|>|<|!|~/y
const STRING = /"(?:[^"\\]|\\.)*"?/sy
const VALUE = /[^\s(),"]+/y

/** The last token is always `end`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = match(BLANK, text, 0).length
  while (at < text.length) {
    const token = read(text, at, tokens.at(-1)?.kind === 'operator')
    tokens.push(token)
    at = token.end + match(BLANK, text, token.end).length
  }
  tokens.push({ kind: 'end', text: '', at: text.length, end: text.length })
  return tokens
}

function read(text: string, at: number, asValue: boolean): Token {
  const first = text[at] as string
  if (first === '(' || first === ')' || first === ',') return { kind: 'mark', text: first, at, end: at + 1 }
  if (first === '"') return quoted(match(STRING, text, at), at)
  if (asValue) return token('word', match(VALUE, text, at), at)
  const operator = match(OPERATOR, text, at)
  if (operator !== '') return token('operator', operator, at)
  let end = at + 1
  while (end < text.length && !NOT_BARE.test(text[end] as string)) end++
  return token('word', text.slice(at, end), at)
}

function token(kind: Token['kind'], text: string, at: number): Token {
  return { kind, text, at, end: at + text.length }
}

/** Escapes are those of JSON. */
function quoted(raw: string, at: number): Token {
  const bad = token('bad', raw, at)
  try {
    const content: unknown = JSON.parse(raw)
    return typeof content === 'string' ? { ...bad, kind: 'string', text: content } : bad
  } catch (error) {
    if (error instanceof SyntaxError) return bad
    throw error
  }
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
