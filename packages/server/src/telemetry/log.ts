// Spoor's own log: one line of JSON (or text for a terminal) per event, written synchronously so that the last line
// before a crash is there. Bad input from clients is counted, not logged as an error of ours.

import { pino } from 'pino'

export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'dpanic' | 'panic' | 'fatal'
  readonly encoding: 'json' | 'console'
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** For tests and tools that print for themselves. */
export function silentLogger(): Logger {
  return SILENT
}

/** Logs to standard error; `name` says which part of the program speaks. */
export function createLogger(name: string, options: LogOptions): Logger {
  const level = options.level === 'panic' || options.level === 'dpanic' ? 'fatal' : options.level
  const destination = pino.destination({ fd: 2, sync: true })
  const logger = pino(
    {
      level,
      base: { part: name },
      messageKey: 'msg',
      timestamp: () => `,"ts":${Date.now() / 1000}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.encoding === 'json' ? destination : { write: (line: string) => destination.write(consoleLine(line)) },
  )
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  }
}

function consoleLine(json: string): string {
  const { level, ts, part, msg, ...rest } = JSON.parse(json) as Record<string, unknown>
  const time = new Date(Number(ts) * 1000).toISOString()
  const extra = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''
  return `${time} ${String(level).toUpperCase().padEnd(5)} ${String(part)}: ${String(msg)}${extra}\n`
}
