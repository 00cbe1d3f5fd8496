// The files of a checkout as the rules see them: path and text. Exists so that the rules read no disk and a test can hand
// them a tree of its own making. Must never follow folders that hold no sources of ours.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Text by path from the root, with forward slashes. Files that no rule reads have the text ''. */
export type Tree = ReadonlyMap<string, string>

export interface Violation {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly rule: string
  /** What is wrong and what to do about it. */
  readonly message: string
}

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.cache', 'coverage', 'data', 'build'])
const READ = /\.(ts|tsx|mjs|md)$|(^|\/)package(-lock)?\.json$/

export function readTree(root: string): Tree {
  const tree = new Map<string, string>()
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(path)
      } else tree.set(path, READ.test(path) ? readFileSync(join(root, path), 'utf8') : '')
    }
  }
  walk('')
  return tree
}

/** Every file and every folder that has one in it. */
export function pathsOf(tree: Tree): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const file of tree.keys()) {
    let path = file
    while (path !== '' && !paths.has(path)) {
      paths.add(path)
      path = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    }
  }
  return paths
}

export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || /^packages\/[^/]+\/test\//.test(file)
}
