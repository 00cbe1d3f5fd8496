// From the words of a command line to what is to be done: `spoor [TOOL] [ROLE] [--option ...]`. A role may also come from
// the name under which the program was called, so that Spoor takes the place of a Jaeger binary. Pure.

import { basename } from 'node:path'
import { SpoorError } from '@spoor/core/base/errors'
import { hint, nearest } from '../config/names.ts'
import { defaultRole, isTool, TOOLS, type RoleList, type ToolName } from './roles.ts'

export type Command =
  | { readonly kind: 'start'; readonly role: string; readonly argv: readonly string[] }
  | { readonly kind: 'print-config'; readonly role: string; readonly argv: readonly string[] }
  | { readonly kind: 'help'; readonly role: string | undefined }
  | { readonly kind: 'version'; readonly json: boolean }
  | { readonly kind: 'docs' }
  /** `argv`: the action and all behind it. */
  | { readonly kind: 'store'; readonly role: string; readonly argv: readonly string[] }

/** Jaeger's binaries that are roles here, now or in a later version. */
const JAEGER_PROGRAMS = ['all-in-one', 'agent', 'collector', 'ingester', 'query', 'remote-storage']

/**
 * `program`: the path under which the program was called (process.argv[1]).
 * Throws SpoorError `invalid` or `unsupported` with the lines to show.
 */
export function parseCommand(argv: readonly string[], program: string, roles: RoleList): Command {
  let role = roleOfProgram(program)
  if (role !== undefined && !Object.hasOwn(roles, role)) {
    throw unsupportedRole(role, roles, `called as ${basename(program)}, it would take`)
  }
  let tool: ToolName | undefined
  let at = 0
  for (const word of argv) {
    if (word.startsWith('-')) break
    if (tool === undefined && isTool(word)) tool = word
    else if (role === undefined) role = knownRole(word, roles)
    else break
    at += 1
    if (tool === 'store') break
  }
  const rest = argv.slice(at)
  if (tool === 'store') return { kind: tool, role: role ?? defaultRole(roles), argv: rest }
  if (wantsHelp(rest)) return { kind: 'help', role }
  if (tool === undefined && rest[0] === '--version') return versionCommand(rest.slice(1))
  if (tool === 'version') return versionCommand(rest)
  if (tool === 'help' || tool === 'docs') {
    refuseRest(tool, rest)
    return tool === 'help' ? { kind: 'help', role } : { kind: 'docs' }
  }
  return { kind: tool ?? 'start', role: role ?? defaultRole(roles), argv: rest }
}

/** `jaeger-collector`, `collector-linux`, `query-linux-amd64`, `agent.exe`: the role; `spoor.js`: none. */
function roleOfProgram(program: string): string | undefined {
  const name = basename(program.replaceAll('\\', '/'))
    .replace(/\.(?:exe|js)$/, '')
    .replace(/^jaeger-/, '')
    .replace(/(?:-debug)?-(?:linux|darwin|windows)(?:-\w+)?$/, '')
  return JAEGER_PROGRAMS.includes(name) ? name : undefined
}

function wantsHelp(args: readonly string[]): boolean {
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return flags.includes('--help') || flags.includes('-h')
}

function versionCommand(rest: readonly string[]): Command {
  const [flag, ...more] = rest
  if (flag !== '--json') refuseRest('version', rest)
  refuseRest('version', more)
  return { kind: 'version', json: flag === '--json' }
}

function refuseRest(tool: ToolName, rest: readonly string[]): void {
  if (rest[0] === undefined) return
  const message = `unexpected ${rest[0]}; usage: spoor ${TOOLS[tool].usage}`
  throw new SpoorError('invalid', 'bad_command', message, { field: rest[0] })
}

function knownRole(word: string, roles: RoleList): string {
  if (Object.hasOwn(roles, word)) return word
  if (JAEGER_PROGRAMS.includes(word)) throw unsupportedRole(word, roles, 'you asked for')
  const lines = Object.entries(roles).map(([name, { summary }]) => `  ${name}: ${summary}`)
  const suggestion = hint(nearest(word, [...Object.keys(roles), ...Object.keys(TOOLS)]))
  const message = [`there is no role or tool ${word}${suggestion}`, 'roles:', ...lines, `tools: ${toolNames()}`].join(
    '\n',
  )
  throw new SpoorError('invalid', 'bad_command', message, { field: word })
}

function unsupportedRole(role: string, roles: RoleList, why: string): SpoorError {
  const message = `this version of Spoor has no ${role} (${why} that role); it has: ${Object.keys(roles).join(', ')}`
  return new SpoorError('unsupported', 'unsupported_role', message, { field: role })
}

function toolNames(): string {
  return Object.keys(TOOLS).join(', ')
}
