// What a person reads when Spoor has started: what listens where, where the data is, the first thing to try.

import { versionInfo } from '../cli/version.ts'
import type { RunningRole } from './run.ts'

/** Every interface: a person opens localhost. */
function openable(address: string): string {
  return address.replace(/^(?:0\.0\.0\.0|\[::\]|::|\*)?:(?=\d+$)/, 'localhost:')
}

/** `startedMs`: milliseconds from the start of the process until now. */
export function startMessage(role: RunningRole, startedMs: number): string {
  const rows = role.listening.map(({ what, address }) => [what, openable(address)])
  rows.push(['Data', role.storageDescription])
  const width = Math.max(...rows.map(([what = '']) => what.length))
  const table = rows.map(([what = '', where = '']) => `  ${what.padEnd(width)}  ${where}`).join('\n')
  const otlp = role.listening.find(({ what }) => what === 'OTLP HTTP')
  const query = role.listening.find(({ what }) => what === 'Query and UI')
  const lines = [
    `Spoor ${versionInfo().version} is ready (${(startedMs / 1000).toFixed(2)} s).`,
    '',
    table,
    '',
    'Try it: start a service that has OpenTelemetry in it with',
    `  OTEL_EXPORTER_OTLP_ENDPOINT=http://${openable(otlp?.address ?? 'localhost:4318')} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
    `and open http://${openable(query?.address ?? 'localhost:16686')} to see its traces. Ctrl-C stops Spoor.`,
    '',
  ]
  return lines.join('\n')
}
