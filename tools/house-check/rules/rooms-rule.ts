// Rule: a file imports only from the rooms that the plan puts below its own; nobody imports tests; only tests, benchmarks
// and the testkit import the testkit; only the registry opens a plugin folder.

import { posix } from 'node:path'
import { BANNED, PLAN, REGISTRY } from '../rooms.ts'
import type { Source } from '../source.ts'
import { isTest, type Tree, type Violation } from '../tree.ts'

/** The packages' names, by what an import starts with. */
export function packageFolders(tree: Tree): ReadonlyMap<string, string> {
  const folders = new Map<string, string>()
  for (const [file, text] of tree) {
    const folder = /^(packages\/[^/]+)\/package\.json$/.exec(file)?.[1]
    if (folder === undefined) continue
    const { name } = JSON.parse(text) as { name: string }
    folders.set(name, folder)
  }
  return folders
}

/** The name of the module's package: `@scope/name` or `name`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

/** Path of an import that leads to one of our files, without a promise that it exists; undefined for all others. */
function targetOf(source: Source, specifier: string, folders: ReadonlyMap<string, string>): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(source.file), specifier)
  const name = packageOf(specifier)
  const folder = folders.get(name)
  return folder === undefined ? undefined : `${folder}/src${specifier.slice(name.length)}.ts`
}

/** The room of a source file as the plan names it, or undefined where the plan has none. Both `/` and `*` forms. */
function roomOf(file: string): { room: string | undefined; plugin: string | undefined } {
  const match = /^packages\/([^/]+)\/src\/(.+)$/.exec(file)
  if (match === null) return { room: undefined, plugin: undefined }
  const [, name = '', rest = ''] = match
  const [first = '', second = ''] = rest.split('/')
  const exact = [`${name}/${first}/${second}`, `${name}/${first}`].find((room) => Object.hasOwn(PLAN, room))
  if (exact !== undefined) return { room: exact, plugin: undefined }
  if (Object.hasOwn(PLAN, `${name}/${first}/*`))
    return { room: `${name}/${first}/*`, plugin: `${name}/${first}/${second}` }
  if (Object.hasOwn(PLAN, `${name}/*`)) return { room: `${name}/*`, plugin: `${name}/${first}` }
  return { room: undefined, plugin: undefined }
}

export function checkRooms(tree: Tree, sources: readonly Source[]): readonly Violation[] {
  const folders = packageFolders(tree)
  const violations: Violation[] = []
  for (const source of sources) {
    const inPackage = /^packages\/[^/]+\/src\//.test(source.file)
    if (inPackage && !isTest(source.file) && roomOf(source.file).room === undefined && !source.file.endsWith('.d.ts')) {
      const message = 'this folder is no room of the plan: move the file, or add the room to tools/house-check/rooms.ts'
      violations.push({ file: source.file, line: 1, rule: 'rooms', message })
    }
    for (const { specifier, line } of source.imports) {
      const target = targetOf(source, specifier, folders)
      const message = target === undefined ? bannedModule(source, specifier) : wrongImport(source.file, target)
      if (message !== undefined) violations.push({ file: source.file, line, rule: 'rooms', message })
    }
  }
  return violations
}

function bannedModule(source: Source, specifier: string): string | undefined {
  const { room } = roomOf(source.file)
  if (room === undefined || isTest(source.file)) return undefined
  const ban = BANNED.find((entry) => room.startsWith(entry.room) && entry.modules.test(specifier))
  return ban && `${room} must not import ${specifier}: ${ban.reason}`
}

/** What is wrong with `file` importing `target`, or undefined. */
function wrongImport(file: string, target: string): string | undefined {
  if (isTest(file)) return undefined
  if (isTest(target)) return `imports a test (${target}): move what is shared to packages/testkit`
  if (/^(bench|tools)\//.test(file)) return undefined
  const from = roomOf(file)
  const to = roomOf(target)
  if (from.room === undefined || to.room === undefined) return undefined
  if (to.room.startsWith('testkit/') && !from.room.startsWith('testkit/')) {
    return 'imports the testkit: only tests and benchmarks may'
  }
  if (to.plugin !== undefined && to.plugin === from.plugin) return undefined
  if (to.plugin === undefined && to.room === from.room) return undefined
  if (file === REGISTRY && to.plugin !== undefined) return undefined
  if (to.plugin !== undefined && !to.plugin.startsWith('testkit/')) {
    return `opens the plugin folder ${to.plugin}: only ${REGISTRY} may; use the room's api/ instead`
  }
  if (PLAN[from.room]?.includes(to.room)) return undefined
  return `${from.room} must not import ${to.room}: it may import ${PLAN[from.room]?.join(', ') || 'nothing'}`
}
