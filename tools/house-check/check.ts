// Runs every rule of the house over a tree. Adding a rule: one file in rules/ and one line here.

import { checkDependencies } from './rules/dependencies-rule.ts'
import { checkDocuments } from './rules/documents-rule.ts'
import { checkLock } from './rules/lock-rule.ts'
import { checkRooms } from './rules/rooms-rule.ts'
import { checkSources } from './rules/source-rules.ts'
import { sourcesOf, type Source } from './source.ts'
import type { Tree, Violation } from './tree.ts'

type Rule = (tree: Tree, sources: readonly Source[]) => readonly Violation[]

const RULES: readonly Rule[] = [checkRooms, checkSources, checkDependencies, checkLock, checkDocuments]

export function checkTree(tree: Tree): readonly Violation[] {
  const sources = sourcesOf(tree)
  return RULES.flatMap((rule) => rule(tree, sources))
}
