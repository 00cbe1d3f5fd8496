// What is wrong with a search form, field by field, before it is sent.

import { parseDuration } from '../../base/duration.ts'
import { parseLogfmt } from '../../base/logfmt.ts'
import { CUSTOM_LOOKBACK, type SearchForm } from '../../base/search-url.ts'

export type FormErrors = Partial<Record<'tags' | 'minDuration' | 'maxDuration' | 'range', string>>

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
  return errors
}
