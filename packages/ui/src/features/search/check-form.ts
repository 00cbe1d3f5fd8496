// What is wrong with a search form, field by field, before it is sent.

import { parseQuery } from '@spoor/core/model/query-text'
import { parseDuration } from '../../base/duration.ts'
import { parseLogfmt } from '../../base/logfmt.ts'
import { CUSTOM_LOOKBACK, type SearchForm } from '../../base/search-url.ts'

export type FormErrors = Partial<Record<'tags' | 'minDuration' | 'maxDuration' | 'range' | 'q', string>>

/** A link of this length passes through servers and proxies; the program that serves the page takes 16 KB of headers. */
const MAX_LINK_LENGTH = 8000

export function checkForm(form: SearchForm): FormErrors {
  const errors: FormErrors = {}
  const tags = parseLogfmt(form.tags)
  if ('error' in tags) errors.tags = tags.error
  const min = form.minDuration === '' ? 0 : parseDuration(form.minDuration)
  const max = form.maxDuration === '' ? Infinity : parseDuration(form.maxDuration)
  const hint = 'Write a number and a unit: 1.2s, 100ms, 500us.'
  if (min === undefined) errors.minDuration = hint
  if (max === undefined) errors.maxDuration = hint
  if (min !== undefined && max !== undefined && min > max) errors.maxDuration = 'Shorter than the shortest.'
  if (form.lookback === CUSTOM_LOOKBACK && Number(form.start) > Number(form.end))
    errors.range = 'The end is before the start.'
  const line = parseQuery(form.q)
  if (!line.ok) errors.q = line.message
  else if (encodeURIComponent(form.q).length > MAX_LINK_LENGTH) errors.q = 'Too long for a link.'
  return errors
}
