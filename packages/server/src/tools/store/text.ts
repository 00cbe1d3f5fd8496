// What the store's tools print for people.

import type { StoreStats } from '@spoor/core/api/store'
import type { CheckReport, CopyReport } from '../../storage/api/files.ts'

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
/** Services that are listed; --json has all. */
const MAX_SERVICES = 50

export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

export function checkText(folder: string, report: CheckReport): string {
  const { segments, rollups, spoolFiles, bytes, spans, problems, notes } = report
  const lines = [
    ...problems.map(({ file, what }) => `DAMAGED ${file}: ${what}`),
    ...notes.map(({ file, what }) => `note    ${file}: ${what}`),
    `${folder}: ${spans} spans in ${segments} segments, ${rollups} rollups and ${spoolFiles} spool files, ` +
      `${bytesText(bytes)} read`,
    problems.length === 0 ? 'no damage' : `${problems.length} problems`,
  ]
  return `${lines.join('\n')}\n`
}

export function copyText(what: string, report: CopyReport): string {
  const { segments, rollups, spoolFiles, linkedBytes, copiedBytes } = report
  return (
    `${what}: ${segments} segments, ${rollups} rollups, ${spoolFiles} spool files; ` +
    `${bytesText(linkedBytes)} linked, ${bytesText(copiedBytes)} copied\n`
  )
}

export function statsText(folder: string, stats: StoreStats): string {
  const { segments, rollups, spool, traces, tombstones, oldestStartNs, newestStartNs } = stats
  const time = (ns: string | undefined): string =>
    ns === undefined ? '-' : new Date(Number(BigInt(ns) / 1_000_000n)).toISOString()
  const facts: readonly (readonly [string, string])[] = [
    ['store', folder],
    ['spans', String(stats.spans)],
    ['traces', String(traces ?? '-')],
    ['bytes', bytesText(stats.bytes)],
    ['bytes a span', stats.bytesPerSpan.toFixed(1)],
    ['oldest span', time(oldestStartNs)],
    ['newest span', time(newestStartNs)],
    ['segments', `${segments.count}, ${segments.spans} spans, ${bytesText(segments.bytes)}`],
    ['rollups', `${rollups.count}, ${bytesText(rollups.bytes)}`],
    ['spool', `${spool.files} files, ${spool.spans} spans, ${bytesText(spool.bytes)}`],
    ['deletions', `${tombstones} not off the disk yet`],
  ]
  const lines = facts.map(([name, value]) => `${name.padEnd(14)}${value}`)
  if (stats.tenants.length > 1) {
    const rows = stats.tenants.map(({ tenant, spans, bytes }) => [tenant === '' ? '(default)' : tenant, spans, bytes])
    lines.push('', ...table(['tenant', 'spans', 'bytes'], rows))
  }
  const rows = stats.services
    .slice(0, MAX_SERVICES)
    .map(({ service, spans, bytes }) => [service === '' ? '(no name)' : service, spans, bytes])
  lines.push('', ...table(['service', 'spans', 'bytes'], rows))
  const more = stats.services.length - rows.length
  if (more > 0) lines.push(`and ${more} more`)
  return `${lines.join('\n')}\n`
}

/** A name, then numbers of spans and bytes. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const text = rows.map((row) => row.map((cell, i) => (i === 2 ? bytesText(Number(cell)) : String(cell))))
  const widths = head.map((name, i) => Math.max(name.length, ...text.map((row) => row[i]?.length ?? 0)))
  return [head, ...text].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
}
