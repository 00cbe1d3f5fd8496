// What the command line knows of a role: one sentence and its options. The registry in roles/ makes the list.

import type { Sections } from '../config/section.ts'

export interface RoleInfo {
  /** One line for help, without a full stop. */
  readonly summary: string
  readonly sections: Sections
}

/** By name, the default first. */
export type RoleList = Readonly<Record<string, RoleInfo>>

export interface ToolInfo {
  readonly usage: string
  readonly summary: string
}

export type ToolName = 'help' | 'print-config' | 'version' | 'docs' | 'store'

export const TOOLS: Readonly<Record<ToolName, ToolInfo>> = {
  help: { usage: 'help [ROLE]', summary: 'this text, or the options of a role' },
  'print-config': {
    usage: 'print-config [ROLE] [--OPTION...]',
    summary: 'the configuration in force as YAML, with the origin of every value',
  },
  version: { usage: 'version [--json]', summary: 'versions of Spoor and Node, and the platform' },
  docs: { usage: 'docs', summary: 'all options as Markdown' },
  store: {
    usage: 'store ACTION [--OPTION...]',
    summary: 'check, count, copy, export, import and delete what a store keeps',
  },
}

export function isTool(word: string): word is ToolName {
  return Object.hasOwn(TOOLS, word)
}

/** The role that runs where none is named. */
export function defaultRole(roles: RoleList): string {
  const [first] = Object.keys(roles)
  if (first === undefined) throw new Error('there are no roles')
  return first
}
