// The parameter `clockSkew` of Spoor's own API: the largest shift of a span's times that one request wants.

import { SpoorError, toError } from '@spoor/core/base/errors'
import { parseGoDuration } from '@spoor/core/base/time'
import { firstValue, type QueryParameters } from './jaeger-search.ts'

/** What `on` means where the server's own setting is off: a clock that is off by more than a day is no skew. */
export const ON_NS: number = 86_400 * 1_000_000_000

/** ns, 0 is off; `configuredNs` where the request does not say. Throws SpoorError `invalid` that names the parameter. */
export function parseClockSkew(parameters: QueryParameters, configuredNs: number): number {
  const text = firstValue(parameters, 'clockSkew') ?? ''
  if (text === '') return configuredNs
  if (text === 'off') return 0
  if (text === 'on') return configuredNs > 0 ? configuredNs : ON_NS
  try {
    return Math.max(Number(parseGoDuration(text)), 0)
  } catch (error) {
    const message = `unable to parse param 'clockSkew': neither on nor off: ${toError(error).message}`
    throw new SpoorError('invalid', 'bad_parameter', message, { field: 'clockSkew', cause: error })
  }
}
