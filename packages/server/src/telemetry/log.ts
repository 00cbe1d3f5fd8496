// Spoor's own log: one line of JSON (or text for a terminal) per event, written synchronously so that the last line
// before a crash is there. Bad input from clients is counted, not logged as an error of ours.

import { createRequire } from 'node:module'
import type { Logger as PinoLogger, pino as createPino } from 'pino'

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

/**
 * Logs to standard error; `name` says which part of the program speaks. The library is loaded at the first line that is
 * written: most threads never write one, and it would cost each 2 MiB.
 */
export function createLogger(name: string, options: LogOptions): Logger {
  let loaded: PinoLogger | undefined
  const write = (level: Level, message: string, fields: LogFields = {}): void => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(atLeast(options.level))) return
    loaded ??= load(name, options)
    loaded[level](fields, message)
  }
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  }
}

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal'
const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error', 'fatal']

/** Jaeger's dpanic and panic are fatal here. */
function atLeast(level: LogOptions['level']): Level {
  return level === 'panic' || level === 'dpanic' ? 'fatal' : level
}

function load(name: string, options: LogOptions): PinoLogger {
  const { pino } = createRequire(import.meta.url)('pino') as { pino: typeof createPino }
  const destination = pino.destination({ fd: 2, sync: true })
  return pino(
    {
      level: atLeast(options.level),
      base: { part: name },
      messageKey: 'msg',
      timestamp: () => `,"ts":${Date.now() / 1000}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.encoding === 'json' ? destination : { write: (line: string) => destination.write(consoleLine(line)) },
  )
}

function consoleLine(json: string): string {
  const { level, ts, part, msg, ...rest } = JSON.parse(json) as Record<string, unknown>
  const time = new Date(Number(ts) * 1000).toISOString()
  const extra = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''
  return `${time} ${String(level).toUpperCase().padEnd(5)} ${String(part)}: ${String(msg)}${extra}\n`
}
