// What a check collects. One bad place is told once; a file with very many is told by the first of them.

import { toError } from '@spoor/core/base/errors'
import type { Problem } from '../../api/files.ts'

const MAX_OF_A_FILE = 20

export class Findings {
  readonly problems: Problem[] = []
  readonly notes: Problem[] = []
  readonly #counts = new Map<string, number>()

  problem(file: string, what: string): void {
    const count = (this.#counts.get(file) ?? 0) + 1
    this.#counts.set(file, count)
    if (count <= MAX_OF_A_FILE) this.problems.push({ file, what })
    else if (count === MAX_OF_A_FILE + 1) this.problems.push({ file, what: 'and more' })
  }

  note(file: string, what: string): void {
    this.notes.push({ file, what })
  }

  /** Runs a part of a check; what it throws is a problem. True where it threw nothing. */
  guard(file: string, part: () => void): boolean {
    try {
      part()
      return true
    } catch (thrown) {
      this.problem(file, toError(thrown).message)
      return false
    }
  }
}
