// How many packets the kernel dropped because a UDP socket's buffer was full: nobody else knows. Linux tells it in
// /proc/net/udp and udp6 (proc(5), column `drops`); elsewhere there is nothing to read and nothing is said.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const TABLES = ['/proc/self/net/udp', '/proc/self/net/udp6']
const DESCRIPTORS = '/proc/self/fd'
// Columns of a row, between blanks.
const LOCAL_ADDRESS = 1
const INODE = 9
const DROPS = 12

interface Row {
  readonly inode: string
  readonly drops: number
}

/** Drops of this process's socket on `port` since it was opened; undefined where the system does not tell. */
export type ReadKernelDrops = () => number | undefined

export function kernelDropsOf(port: number): ReadKernelDrops {
  let inode: string | undefined
  return () => {
    const rows = TABLES.flatMap((path) => rowsOf(path, port))
    inode ??= rows.length > 1 ? ownInode(rows) : rows[0]?.inode
    return rows.find((row) => row.inode === inode)?.drops
  }
}

function rowsOf(path: string, port: number): Row[] {
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows: Row[] = []
  for (const line of textOf(path).split('\n')) {
    if (!line.includes(hexPort)) continue
    const columns = line.trim().split(/\s+/)
    const drops = Number(columns[DROPS])
    const inode = columns[INODE]
    if (columns[LOCAL_ADDRESS]?.endsWith(hexPort) !== true || inode === undefined || !Number.isInteger(drops)) continue
    rows.push({ inode, drops })
  }
  return rows
}

/** '' where there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // Not Linux, or a Linux that hides it.
  }
}

/** Other processes have the port on other addresses. */
function ownInode(rows: readonly Row[]): string | undefined {
  const wanted = new Map(rows.map(({ inode }) => [`socket:[${inode}]`, inode]))
  for (const name of readdirSync(DESCRIPTORS)) {
    const found = wanted.get(targetOf(`${DESCRIPTORS}/${name}`))
    if (found !== undefined) return found
  }
  return undefined
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // Closed since it was listed.
  }
}
