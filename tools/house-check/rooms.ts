// The one list of who may import whom, and of the few files that are excused from a rule. Exists so that a person can
// read the house's plan at a glance and change it in one place. Must hold data only.

/**
 * A room is a folder; what stands behind it are the rooms below that it may import, beside itself. `storage/*` is any
 * one plugin folder: it may import itself and what is listed, never the plugin beside it. A file at the top of a package
 * (main.ts) is a room of its own, by its name.
 */
export type Plan = Readonly<Record<string, readonly string[]>>

const CORE: Plan = {
  'core/base': [],
  'core/model': ['core/base'],
  'core/api': ['core/base', 'core/model'],
  // Files that people keep: text ↔ model.
  'core/formats': ['core/base', 'core/model'],
}

const core = Object.keys(CORE)
const meaning: readonly string[] = ['core/base', 'core/model']
const tools: readonly string[] = ['server/telemetry', 'server/threads']
const below: readonly string[] = [...meaning, ...tools, 'server/config', 'server/wire']
/** Doors answer errors as receivers do (one table of refusals) and pass on what a store's contract gives. */
const answered: readonly string[] = [...below, 'core/formats', 'server/storage/api', 'server/receivers/api']
const contracts: readonly string[] = ['server/storage/api', 'server/receivers/api', 'server/doors/api']

const SERVER: Plan = {
  // Tools right above base, for every room.
  'server/telemetry': ['core/base'],
  'server/threads': ['core/base', 'server/telemetry'],
  // Above the model.
  'server/wire': [...meaning, 'core/formats'],
  'server/config': [...meaning, 'server/telemetry'],
  // The way in: a receiver hands batches to the pipeline, which knows a store only by its contract.
  'server/storage/api': [...below, 'core/api'],
  'server/pipeline': [...below, 'server/storage/api'],
  'server/storage/*': [...below, 'core/api', 'server/storage/api', 'server/pipeline'],
  'server/sampling': [...below, 'server/storage/api', 'server/pipeline'],
  'server/receivers/api': [...below, 'server/pipeline', 'server/sampling'],
  'server/receivers/*': [...below, 'server/receivers/api', 'server/pipeline', 'server/sampling'],
  // The way out.
  'server/query': [...below, 'core/api', 'server/storage/api'],
  'server/doors/api': [...answered, 'core/api', 'server/query'],
  'server/doors/*': [...answered, 'core/api', 'server/query', 'server/doors/api', 'server/sampling'],
  // No plugin: the port of health and metrics, which every role has.
  'server/doors/admin': [...answered, 'server/doors/api'],
  // What a person does with a store beside running a role.
  'server/tools': [...below, 'core/api', 'core/formats', 'server/storage/api'],
  // Putting it together. Of the rooms below only REGISTRY opens a plugin folder.
  'server/cli': [...below, ...contracts],
  'server/roles': [
    ...below,
    ...contracts,
    'server/pipeline',
    'server/sampling',
    'server/query',
    'server/doors/admin',
    'server/cli',
    'server/tools',
  ],
  'server/main.ts': [...below, 'server/cli', 'server/roles'],
}

const UI: Plan = {
  'ui/base': meaning,
  'ui/api': [...core, 'ui/base'],
  'ui/timeline': [...core, 'ui/base', 'ui/api'],
  // The graph of services, and files that are opened in the browser: workers and arithmetic, without React.
  'ui/graph': [...core, 'ui/base', 'ui/api'],
  'ui/files': [...core, 'ui/base', 'ui/api', 'ui/timeline'],
  // React parts that several features share: icons, links, messages, contexts.
  'ui/widgets': [...core, 'ui/base', 'ui/api', 'ui/files'],
  'ui/features': [...core, 'ui/base', 'ui/api', 'ui/timeline', 'ui/graph', 'ui/files', 'ui/widgets'],
  'ui/shell': [...core, 'ui/base', 'ui/api', 'ui/timeline', 'ui/files', 'ui/widgets', 'ui/features'],
  'ui/main.tsx': [...core, 'ui/base', 'ui/api', 'ui/timeline', 'ui/files', 'ui/widgets', 'ui/features', 'ui/shell'],
}

// For tests and benchmarks, which may import anything: it knows the contracts, never a concrete plugin, and starts the
// whole program for tests that go through everything.
const TESTKIT: Plan = {
  'testkit/*': [
    ...core,
    ...below,
    ...contracts,
    'server/pipeline',
    'server/sampling',
    'server/query',
    'server/main.ts',
    'testkit/*',
  ],
}

export const PLAN: Plan = { ...CORE, ...SERVER, ...UI, ...TESTKIT }

/** The one file that may open every plugin folder. */
export const REGISTRY = 'packages/server/src/roles/registry.ts'

/** Modules from outside that a room must not import, and why. Matched from the start of the specifier. */
export const BANNED: readonly { room: string; modules: RegExp; reason: string }[] = [
  { room: 'core/', modules: /^node:/, reason: 'core runs in browsers too' },
  { room: 'ui/', modules: /^node:/, reason: 'the UI runs in browsers' },
  {
    room: 'ui/timeline',
    modules: /^(react|react-dom|@tanstack\/react-[^/]+)(\/|$)/,
    reason: 'the timeline draws without React',
  },
  {
    room: 'ui/graph',
    modules: /^(react|react-dom|@tanstack\/react-[^/]+)(\/|$)/,
    reason: 'the graph is worked out without React',
  },
  {
    room: 'ui/files',
    modules: /^(react|react-dom|@tanstack\/react-[^/]+)(\/|$)/,
    reason: 'files are read without React',
  },
]

export const MAX_FUNCTION_LINES = 70
export const MAX_FILE_LINES = 400
export const MAX_TEST_FILE_LINES = 800

/** Files that may be longer, and why. An entry that is no longer needed is an error. */
export const LONG_FILES: Readonly<Record<string, string>> = {}

/** Files in which a tool asks for a default export. */
export const DEFAULT_EXPORTS: readonly RegExp[] = [/(^|\/)[\w.-]+\.config\.ts$/, /^scripts\/vitest-tally\.mjs$/]
