// What may stand at the caret of a query that somebody types: a pure look at the text in front of it. Which names there are is
// the caller's knowledge; how they are written is ours. Never throws on half a query: that is the usual case.

import type { FilterTarget } from '@spoor/core/model/filter'
import { ATTRIBUTE_LEVELS, FIELD_NAMES, KEYWORDS } from '@spoor/core/model/query-names'
import { tokenize, type Token } from '@spoor/core/model/query-tokens'

/** `joiner`: a condition has ended, `and`, `or` or another one follows. */
export type CompletionKind = 'target' | 'operator' | 'value' | 'joiner'

export interface Completion {
  readonly kind: CompletionKind
  /** What a chosen suggestion replaces, in UTF-16 units of the text. */
  readonly from: number
  readonly to: number
  /** What is typed of it, without quotes. */
  readonly typed: string
  /** What the operator or value belongs to. */
  readonly target: FilterTarget | undefined
  /** Within the brackets of `in (…)`. */
  readonly inList: boolean
  /** Behind `exists`: keywords make no sense. */
  readonly afterExists: boolean
}

type State = 'target' | 'operator' | 'open' | 'value' | 'separator' | 'joiner'

interface Walk {
  state: State
  target: FilterTarget | undefined
  /** `resource:` whose key in quotes follows. */
  level: string
  exists: boolean
  list: boolean
}

function targetOf(text: string, quoted: boolean): FilterTarget {
  if (quoted) return { attr: text, level: 'any' }
  const field = FIELD_NAMES.get(text)
  if (field !== undefined) return field
  const level = ATTRIBUTE_LEVELS.find((name) => text.startsWith(`${name}:`))
  return level === undefined ? { attr: text, level: 'any' } : { attr: text.slice(level.length + 1), level }
}

function takeTarget(walk: Walk, token: Token): void {
  if (walk.target !== undefined && 'attr' in walk.target && walk.level !== '' && token.kind === 'string') {
    walk.target = { attr: token.text, level: walk.target.level }
    walk.level = ''
  } else {
    walk.target = targetOf(token.text, token.kind === 'string')
    walk.level = token.kind === 'word' && 'attr' in walk.target && walk.target.attr === '' ? token.text : ''
  }
  walk.state = walk.level !== '' ? 'target' : walk.exists ? 'joiner' : 'operator'
  if (walk.state === 'joiner') walk.exists = false
}

/** Where a keyword or a bracket leads. */
function takeStart(walk: Walk, token: Token): void {
  const word = token.text.toLowerCase()
  if (token.kind === 'mark') walk.state = token.text === '(' ? 'target' : 'joiner'
  else if (token.kind === 'word' && KEYWORDS.has(word)) {
    walk.state = 'target'
    walk.exists = word === 'exists'
  } else takeTarget(walk, token)
}

function step(walk: Walk, token: Token): void {
  switch (walk.state) {
    case 'target':
    case 'joiner':
      takeStart(walk, token)
      return
    case 'operator':
      if (token.kind === 'operator') walk.state = 'value'
      else if (token.kind === 'word' && token.text.toLowerCase() === 'in') walk.state = 'open'
      return
    case 'open':
      walk.list = token.text === '('
      if (walk.list) walk.state = 'value'
      return
    case 'value':
      walk.state = walk.list ? 'separator' : 'joiner'
      return
    case 'separator':
      if (token.text === ')') [walk.state, walk.list] = ['joiner', false]
      else walk.state = 'value'
  }
}

function isText({ kind }: Token): boolean {
  return kind === 'word' || kind === 'string' || kind === 'bad'
}

/** Without the quotes, also where the closing one is still missing. */
function typedOf(token: Token): string {
  if (token.kind !== 'bad') return token.text
  return token.text.replace(/^"/, '').replace(/\\(.)/gs, '$1')
}

/** undefined where nothing can be offered. `caret`: UTF-16 units from the start. */
export function completionAt(text: string, caret: number): Completion | undefined {
  const before = tokenize(text.slice(0, caret)).slice(0, -1)
  const last = before.at(-1)
  const current = last !== undefined && last.end === caret && isText(last) ? last : undefined
  const walk: Walk = { state: 'target', target: undefined, level: '', exists: false, list: false }
  for (const token of before) if (token !== current) step(walk, token)
  if (walk.state === 'separator' || walk.state === 'open') return undefined
  const from = current?.at ?? caret
  const whole = tokenize(text).find((token) => token.at === from && isText(token))
  return {
    kind: walk.state,
    from: walk.level === '' ? from : from - walk.level.length,
    to: whole === undefined || current === undefined ? caret : Math.max(caret, whole.end),
    typed: walk.level + (current === undefined ? '' : typedOf(current)),
    target: walk.state === 'target' ? undefined : walk.target,
    inList: walk.list,
    afterExists: walk.exists,
  }
}

/** The text with the suggestion in it, and where the caret goes. */
export function complete(text: string, { from, to }: Completion, insert: string): { text: string; caret: number } {
  const rest = text.slice(to)
  const gap = insert.endsWith(' ') && rest.startsWith(' ') ? insert.slice(0, -1) : insert
  return { text: text.slice(0, from) + gap + rest, caret: from + insert.length }
}
