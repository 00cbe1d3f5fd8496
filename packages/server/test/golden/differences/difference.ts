// What an entry of the list of differences is.

import type { Found } from '../differ.ts'
import type { Version } from '../recordings.ts'

/** One thing in which Spoor's answers differ from Jaeger's, on purpose or because nobody needs otherwise. */
export interface Entry {
  readonly id: string
  /** What these say is for people: a table is made of it. */
  readonly where: string
  readonly jaeger: string
  readonly spoor: string
  readonly reason: string
  /** Jaegers that differ from Spoor in this; each must really do so. */
  readonly versions: readonly Version[]
  /** Whether a difference of one of `versions` is this one. */
  holds(found: Found): boolean
}

export const ALL: readonly Version[] = ['1.17', '1.57', '1.76', '2.13']
export const SINCE_157: readonly Version[] = ['1.57', '1.76', '2.13']
export const SINCE_176: readonly Version[] = ['1.76', '2.13']

export function isError(value: unknown): boolean {
  return /^[45]\d\d/.test(String(value))
}

/** Of a warnings field, or one entry of it. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join('\n')
  return typeof value === 'string' ? value : ''
}
