// Every place where Spoor's answers differ from recorded ones of real Jaegers, with the reason. Tests fail on a difference that is
// not here, and on one here that no longer happens; the table of docs/compatibility.md is made of it.

import type { Found } from './differ.ts'
import type { Entry } from './differences/difference.ts'
import { QUESTIONS } from './differences/questions.ts'
import { RECEIVERS } from './differences/receivers.ts'
import { TRACES } from './differences/traces.ts'

export const SECTIONS: readonly (readonly [string, readonly Entry[]])[] = [
  ['Spans and traces', TRACES],
  ['Lists, searches and errors', QUESTIONS],
  ['Receivers and sampling', RECEIVERS],
]

export const DIFFERENCES: readonly Entry[] = SECTIONS.flatMap(([, entries]) => entries)

export function accepts(entry: Entry, found: Found): boolean {
  return entry.versions.includes(found.version) && entry.holds(found)
}
