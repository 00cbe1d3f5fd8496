// How a rule of retention is written: `errors:720h`, `service=checkout:336h`, `service=checkout+errors:720h`.
// In a file also as { service, errors, keep }.

import { goDuration } from '../../../config/values.ts'
import { type Value, valueOf } from '../../../config/value.ts'
import { formatGoDuration } from '../../../config/units.ts'
import type { RetentionRule } from './retention.ts'

const RULE = /^(?:(errors)|service=(.+?)(\+errors)?):([^:]+)$/s

/** `errors:KEEP`, `service=NAME:KEEP` or `service=NAME+errors:KEEP`; 0 keeps for ever. */
export function retentionRule(): Value<RetentionRule> {
  return valueOf<RetentionRule>({
    kind: 'RULE',
    shape: 'single',
    expected:
      'a rule such as errors:720h, service=checkout:336h or service=checkout+errors:720h (in a file also an object with service, errors and keep)',
    read: (raw) => (typeof raw === 'string' ? readText(raw) : readObject(raw)),
    write: ({ service, errors, keepMs }) => {
      const who = service === undefined ? 'errors' : `service=${service}${errors === true ? '+errors' : ''}`
      return `${who}:${formatGoDuration(keepMs)}`
    },
  })
}

function readText(text: string): RetentionRule | undefined {
  const match = RULE.exec(text)
  if (match === null) return undefined
  const [, errors, service, also, keep] = match
  return rule(service, errors !== undefined || also !== undefined, keep)
}

function readObject(raw: unknown): RetentionRule | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined
  const { service, errors = false, keep, ...others } = raw as Readonly<Record<string, unknown>>
  if (Object.keys(others).length > 0 || typeof errors !== 'boolean') return undefined
  if (service !== undefined && (typeof service !== 'string' || service === '')) return undefined
  return service === undefined && !errors ? undefined : rule(service, errors, keep)
}

function rule(service: string | undefined, errors: boolean, keep: unknown): RetentionRule | undefined {
  const reading = goDuration().read(keep)
  if (!reading.ok) return undefined
  return {
    ...(service === undefined ? {} : { service }),
    ...(errors ? { errors } : {}),
    keepMs: reading.value,
  }
}
