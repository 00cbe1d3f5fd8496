// What the query line offers at the caret: words of the language from here, keys and values from the server.

import type { FilterTarget } from '@spoor/core/model/filter'
import { ATTRIBUTE_LEVELS, ENUM_VALUES, FIELD_NAMES } from '@spoor/core/model/query-names'
import { targetText, textValue } from '@spoor/core/model/query-print'
import { useQuery } from '@tanstack/react-query'
import { attributeKeysQuery, attributeValuesQuery, operationsQuery, servicesQuery } from '../../api/queries.ts'
import type { Completion } from '../../base/query-complete.ts'

export interface Suggestion {
  readonly label: string
  /** What stands in the text afterwards. */
  readonly insert: string
  readonly note: string
}

const FIELD_NOTES: Readonly<Record<string, string>> = {
  service: 'service of the span',
  name: 'operation of the span',
  kind: 'server, client, …',
  status: 'ok, error, unset',
  duration: 'of the span: 100ms',
  start: 'of the span: a time',
  'trace.duration': 'of the whole trace: 1.5s',
  'trace.spans': 'number of spans',
  'trace.errors': 'number of spans with errors',
  'root.service': 'where the trace begins',
  'root.name': 'first operation of the trace',
}

const OPERATORS: readonly (readonly [text: string, note: string])[] = [
  ['=', 'equals'],
  ['!=', 'there, and another value'],
  ['>', 'more than'],
  ['>=', 'at least'],
  ['<', 'less than'],
  ['<=', 'at most'],
  ['=~', 'matches a regular expression'],
  ['!~', 'there, and does not match'],
  ['in', 'one of a list'],
]

const ORDERED = new Set(['duration', 'start', 'spanCount', 'errorCount'])
const DURATIONS = ['1ms', '10ms', '100ms', '500ms', '1s', '5s', '30s']
const MOST = 60

function nameOf(target: FilterTarget): string {
  return 'field' in target ? target.field : 'trace' in target ? target.trace : ''
}

function operatorsFor(target: FilterTarget | undefined): readonly Suggestion[] {
  const name = target === undefined ? '' : nameOf(target)
  const fits = OPERATORS.filter(([text]) => {
    if (ORDERED.has(name)) return !text.includes('~')
    if (name === 'kind' || name === 'status') return text === '=' || text === '!=' || text === 'in'
    return true
  })
  return fits.map(([text, note]) => ({ label: text, insert: text === 'in' ? 'in (' : `${text} `, note }))
}

function fieldSuggestions(typed: string): readonly Suggestion[] {
  return Object.entries(FIELD_NOTES)
    .filter(([name]) => name.startsWith(typed) && FIELD_NAMES.has(name))
    .map(([name, note]) => ({ label: name, insert: `${name} `, note }))
}

function keywords(typed: string, words: readonly (readonly [string, string])[]): readonly Suggestion[] {
  return words
    .filter(([word]) => word.startsWith(typed.toLowerCase()))
    .map(([word, note]) => ({ label: word, insert: `${word} `, note }))
}

/** Values that are known without asking for an attribute's. */
function knownValues(
  target: FilterTarget | undefined,
  services: readonly string[],
  operations: readonly string[],
): readonly string[] {
  switch (target === undefined ? '' : nameOf(target)) {
    case 'kind':
      return ENUM_VALUES.kind
    case 'status':
      return ENUM_VALUES.status
    case 'service':
    case 'rootService':
      return services
    case 'name':
    case 'rootName':
      return operations
    case 'duration':
      return DURATIONS
    default:
      return []
  }
}

/** Level and beginning of the key that is being typed: `resource:ho`. */
function keyPrefix(typed: string): { level: string; prefix: string } {
  const level = ATTRIBUTE_LEVELS.find((name) => typed.startsWith(`${name}:`))
  return level === undefined
    ? { level: '', prefix: typed }
    : { level: `${level}:`, prefix: typed.slice(level.length + 1).replace(/^"/, '') }
}

function attributeSuggestion(level: string, attr: string): Suggestion {
  const known = ATTRIBUTE_LEVELS.find((name) => level === `${name}:`)
  const text = targetText({ attr, level: known ?? 'any' })
  return { label: text, insert: `${text} `, note: 'attribute' }
}

function levelSuggestions(typed: string): readonly Suggestion[] {
  if (typed === '') return []
  return ATTRIBUTE_LEVELS.filter((name) => name !== 'any' && `${name}:`.startsWith(typed)).map((name) => ({
    label: `${name}:`,
    insert: `${name}:`,
    note: `attributes of the ${name}`,
  }))
}

/** `service` is the one that the form or the query names: its operations are offered. */
export function useSuggestions(completion: Completion | undefined, service: string): readonly Suggestion[] {
  const kind = completion?.kind
  const typed = completion?.typed ?? ''
  const target = completion?.target
  const { level, prefix } = keyPrefix(typed)
  const isKey = kind === 'target' || kind === 'joiner'
  const attr = kind === 'value' && target !== undefined && 'attr' in target ? target.attr : ''
  const name = kind === 'value' && target !== undefined ? nameOf(target) : ''
  const keys = useQuery({ ...attributeKeysQuery(prefix), enabled: isKey })
  const values = useQuery({ ...attributeValuesQuery(attr, typed), enabled: attr !== '' })
  const services = useQuery({ ...servicesQuery(), enabled: name === 'service' || name === 'rootService' })
  const operations = useQuery({
    ...operationsQuery(service),
    enabled: service !== '' && (name === 'name' || name === 'rootName'),
  })
  if (completion === undefined) return []
  if (kind === 'operator') return operatorsFor(target).filter(({ label }) => label.startsWith(typed))
  if (kind === 'value') {
    const lower = typed.toLowerCase()
    const known = knownValues(target, services.data ?? [], operations.data ?? [])
    const all = attr === '' ? known.filter((value) => value.toLowerCase().includes(lower)) : (values.data ?? [])
    const end = completion.inList ? '' : ' '
    return all.slice(0, MOST).map((value) => ({
      label: value === '' ? '""' : value,
      insert: textValue(value) + end,
      note: '',
    }))
  }
  const found = (keys.data ?? []).filter((key) => key.startsWith(prefix))
  const attributes = found.map((key) => attributeSuggestion(level, key))
  const words =
    kind === 'joiner'
      ? keywords(typed, [
          ['and', 'both hold'],
          ['or', 'one of them holds'],
        ])
      : []
  if (kind === 'joiner' && typed === '') return words
  const starts = completion.afterExists
    ? []
    : keywords(typed === '' ? ' ' : typed, [
        ['not', 'the opposite'],
        ['exists', 'has the attribute'],
      ])
  return [...words, ...fieldSuggestions(typed), ...attributes, ...levelSuggestions(typed), ...starts].slice(0, MOST)
}
