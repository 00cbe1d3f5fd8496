// What a process costs, read from /proc (Linux only): CPU seconds of all its threads, resident memory and its peak.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100
const IDLE_WINDOW_MS = 1000
/** Less than this share of one core over a window counts as idle. */
const IDLE_SHARE = 0.02

/** User and system time in seconds. */
export function cpuSeconds(pid: number): number {
  return cpuOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** User and system time in seconds, by the names of threads; those that share a name together. */
export function threadCpuSeconds(pid: number): Record<string, number> {
  const byName: Record<string, number> = {}
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim()
    byName[name] = (byName[name] ?? 0) + cpuOf(readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8'))
  }
  return byName
}

function cpuOf(stat: string): number {
  // The command name may hold spaces; the fields after it do not. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

/** Resident memory now and its peak so far, in MiB. */
export function memoryMiB(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

/** Waits until the process has used next to no CPU for a second; gives up after `deadlineMs`. */
export async function untilIdle(pid: number, deadlineMs: number = 60_000): Promise<void> {
  const until = performance.now() + deadlineMs
  for (;;) {
    const before = cpuSeconds(pid)
    await delay(IDLE_WINDOW_MS)
    if ((cpuSeconds(pid) - before) / (IDLE_WINDOW_MS / 1000) < IDLE_SHARE) return
    if (performance.now() > until) throw new Error(`process ${pid} was not idle after ${deadlineMs} ms`)
  }
}
