// What the tools print: help, version, print-config, docs. They start nothing and write to standard output alone.

import { loadConfig, type ConfigSources } from '../config/load.ts'
import { configYaml } from '../config/print.ts'
import type { Command } from './command.ts'
import { configurationMarkdown } from './docs.ts'
import { overview, roleHelp } from './help.ts'
import type { RoleList } from './roles.ts'
import { versionInfo } from './version.ts'

/** Everything but starting a role and looking into a store. */
export type ToolCommand = Exclude<Command, { kind: 'start' | 'store' }>

export interface ToolOutput {
  /** All that goes to standard output. */
  readonly text: string
  /** Lines for standard error. */
  readonly warnings: readonly string[]
}

/** Rejects as loadConfig does. */
export async function runTool(
  command: ToolCommand,
  roles: RoleList,
  { env, readFile }: Omit<ConfigSources, 'argv'>,
): Promise<ToolOutput> {
  if (command.kind === 'print-config') {
    const sections = roles[command.role]?.sections ?? {}
    const loaded = await loadConfig(sections, { argv: command.argv, env, readFile })
    return { text: configYaml(sections, loaded), warnings: loaded.warnings }
  }
  return { text: print(command, roles), warnings: [] }
}

function print(command: Exclude<ToolCommand, { kind: 'print-config' }>, roles: RoleList): string {
  if (command.kind === 'help') return command.role === undefined ? overview(roles) : roleHelp(command.role, roles)
  if (command.kind === 'docs') return configurationMarkdown(roles)
  const info = versionInfo()
  if (command.json) return `${JSON.stringify(info)}\n`
  return `spoor ${info.version} (Node ${info.node}, ${info.platform} ${info.arch})\n`
}
