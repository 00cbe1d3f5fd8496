// A head's rows by trace. The rows of a trace mostly stand together, in one run; where some of them are stray, in two.

import { traceFingerprint } from '../format.ts'
import type { Head } from '../head.ts'

/** Numbers of runs share the 53 bits of a double with a fingerprint: as many as a head may have spans. */
const MAX_RUNS = 0x20_0000

export class HeadTraces {
  readonly head: Head
  readonly rows: Uint32Array
  readonly runs: number
  /** Run i: rows[starts[i]] to rows[starts[i + 1]]. */
  readonly starts: Uint32Array
  /** Of all runs, sorted; and the run at each place. */
  readonly fingerprints: Uint32Array
  readonly runAt: Uint32Array

  constructor(head: Head, rows: Uint32Array) {
    this.head = head
    this.rows = rows
    const starts = new Uint32Array(rows.length + 1)
    let runs = 0
    for (let i = 0; i < rows.length; i++)
      if (i === 0 || !sameTrace(head, rows[i - 1] as number, rows[i] as number)) starts[runs++] = i
    starts[runs] = rows.length
    const keys = new Float64Array(runs)
    for (let run = 0; run < runs; run++) {
      const at = (rows[starts[run] as number] as number) * 8
      keys[run] = traceFingerprint(head.ids[at + 2] as number, head.ids[at + 3] as number) * MAX_RUNS + run
    }
    keys.sort()
    this.runs = runs
    this.starts = starts.subarray(0, runs + 1)
    this.fingerprints = new Uint32Array(runs)
    this.runAt = new Uint32Array(runs)
    for (let place = 0; place < runs; place++) {
      this.fingerprints[place] = Math.floor((keys[place] as number) / MAX_RUNS)
      this.runAt[place] = (keys[place] as number) % MAX_RUNS
    }
  }

  /** A row of a run. */
  rowOf(run: number): number {
    return this.rows[this.starts[run] as number] as number
  }

  /** Places of the runs with the fingerprint of place `first`, by trace: mostly one of one. */
  group(first: number): readonly (readonly number[])[] {
    const groups: number[][] = []
    for (let at = first; at < this.runs && this.fingerprints[at] === this.fingerprints[first]; at++) {
      const row = this.rowOf(this.runAt[at] as number)
      const known = groups.find(([other]) =>
        sameTrace(this.head, this.rowOf(this.runAt[other as number] as number), row),
      )
      if (known === undefined) groups.push([at])
      else known.push(at)
    }
    return groups
  }
}

function sameTrace(head: Head, a: number, b: number): boolean {
  const { ids } = head
  for (let word = 0; word < 4; word++) if (ids[a * 8 + word] !== ids[b * 8 + word]) return false
  return head.tenantOf(a) === head.tenantOf(b)
}
