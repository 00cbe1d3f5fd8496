// Makes every rule of the house fail once on a small tree, beside a clean tree on which none does. A rule that nobody can
// break here holds nothing.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { checkTree } from './check.ts'
import { LONG_FILES } from './rooms.ts'

type Files = Readonly<Record<string, string>>

const CLEAN: Files = {
  'package.json': '{"name":"w","devDependencies":{"vitest":"*"}}',
  'README.md': '# Spoor\n\n[the promises](docs/guarantees.md#what-we-promise) and [elsewhere](https://example.com)\n',
  'docs/guarantees.md':
    '# What we promise\n\n| promise | test file | test title |\n|---|---|---|\n' +
    '| ids stay | `packages/core/src/base/ids.test.ts` | ids > stay at 64 bits |\n',
  'packages/core/package.json': '{"name":"@spoor/core","dependencies":{"valibot":"*"}}',
  'packages/core/src/base/ids.ts': '// Ids.\nexport const ID_BYTES = 16\n',
  'packages/core/src/base/ids.test.ts':
    "// Tests ids.\nimport { describe, expect, test } from 'vitest'\nimport { ID_BYTES } from './ids.ts'\n" +
    "describe('ids', () => {\n  for (const bits of [64, 128]) test(`stay at ${bits} bits`, () => expect(ID_BYTES).toBe(16))\n})\n",
  'packages/core/src/api/search.ts': "// Search.\nimport * as v from 'valibot'\nexport const q = v.string()\n",
  'packages/server/package.json': '{"name":"spoor","dependencies":{"@spoor/core":"*"},"devDependencies":{"ws":"*"}}',
  'packages/server/src/storage/api/store.ts':
    "// Store.\nimport type { ID_BYTES } from '@spoor/core/base/ids'\nexport type S = typeof ID_BYTES\n",
  'packages/server/src/storage/memory/index.ts':
    "// Memory.\nimport type { S } from '../api/store.ts'\nexport const store: S = 16\n",
  'packages/server/src/storage/segments/index.ts': '// Segments.\nexport const store = 16\n',
  'packages/server/src/roles/registry.ts':
    "// Plugins.\nexport const load = async () => await import('../storage/memory/index.ts')\n",
  'packages/ui/package.json': '{"name":"@spoor/ui","dependencies":{"@spoor/core":"*","react":"*"}}',
  'packages/ui/src/timeline/draw.ts':
    "// Draws.\nimport { q } from '@spoor/core/api/search'\nexport const draw = () => q\n",
  'packages/ui/src/features/page.tsx':
    "// Page.\nimport 'react'\nimport '../timeline/draw.ts'\nexport const Page = () => <p />\n",
  'packages/testkit/package.json': '{"name":"@spoor/testkit"}',
  'packages/testkit/src/faults/clock.ts': '// Clock.\nexport const clock = () => 0\n',
}

/** `file:line rule` of everything that the changed clean tree breaks. */
function broken(change: Files): string[] {
  return checkTree(new Map(Object.entries({ ...CLEAN, ...change }))).map(
    ({ file, line, rule }) => `${file}:${line} ${rule}`,
  )
}

const lines = (count: number, line: string): string => `${line}\n`.repeat(count)

const CASES: readonly (readonly [name: string, change: Files, expected: string])[] = [
  [
    'a room imports one above it',
    { 'packages/core/src/base/ids.ts': "// Ids.\nimport '../api/search.ts'\n" },
    'packages/core/src/base/ids.ts:2 rooms',
  ],
  [
    'a package imports one above it by its name',
    {
      'packages/ui/package.json': '{"name":"@spoor/ui","dependencies":{"@spoor/core":"*","react":"*","spoor":"*"}}',
      'packages/ui/src/timeline/draw.ts': "// Draws.\nimport 'spoor/roles/registry'\n",
    },
    'packages/ui/src/timeline/draw.ts:2 rooms',
  ],
  [
    'a type import counts',
    { 'packages/core/src/base/ids.ts': "// Ids.\nexport type T = import('../api/search.ts').q\n" },
    'packages/core/src/base/ids.ts:2 rooms',
  ],
  [
    'a re-export counts',
    { 'packages/core/src/base/ids.ts': "// Ids.\nexport { q } from '../api/search.ts'\nexport const a = 1\n" },
    'packages/core/src/base/ids.ts:2 rooms',
  ],
  [
    'a worker counts',
    {
      'packages/ui/src/timeline/draw.ts':
        "// Draws.\nexport const w = new URL('../features/page.tsx', import.meta.url)\n",
    },
    'packages/ui/src/timeline/draw.ts:2 rooms',
  ],
  [
    'a plugin opens another plugin',
    {
      'packages/server/src/storage/memory/index.ts':
        "// Memory.\nimport { store } from '../segments/index.ts'\nexport { store }\nexport const a = 1\n",
    },
    'packages/server/src/storage/memory/index.ts:2 rooms',
  ],
  [
    'another file than the registry opens a plugin',
    {
      'packages/server/src/roles/all.ts':
        "// All.\nexport const load = async () => await import('../storage/memory/index.ts')\n",
    },
    'packages/server/src/roles/all.ts:2 rooms',
  ],
  [
    'the timeline uses React',
    { 'packages/ui/src/timeline/draw.ts': "// Draws.\nimport 'react/jsx-runtime'\n" },
    'packages/ui/src/timeline/draw.ts:2 rooms',
  ],
  [
    'core uses Node',
    { 'packages/core/src/base/ids.ts': "// Ids.\nimport 'node:fs'\n" },
    'packages/core/src/base/ids.ts:2 rooms',
  ],
  [
    'something imports a test',
    { 'packages/core/src/base/b.ts': "// B.\nimport './ids.test.ts'\n" },
    'packages/core/src/base/b.ts:2 rooms',
  ],
  [
    'something shipped imports the testkit',
    {
      'packages/server/package.json': '{"name":"spoor","dependencies":{"@spoor/core":"*","@spoor/testkit":"*"}}',
      'packages/server/src/query/service.ts': "// Query.\nimport '@spoor/testkit/faults/clock'\n",
    },
    'packages/server/src/query/service.ts:2 rooms',
  ],
  ['a folder is in no plan', { 'packages/server/src/misc/a.ts': '// A.\n' }, 'packages/server/src/misc/a.ts:1 rooms'],
  [
    'a function is too long',
    { 'packages/core/src/base/ids.ts': `// Ids.\nexport function f() {\n${lines(69, '  f()')}}\n` },
    'packages/core/src/base/ids.ts:2 function-length',
  ],
  [
    'a file is too long',
    { 'packages/core/src/base/ids.ts': lines(401, '// x') },
    'packages/core/src/base/ids.ts:1 file-length',
  ],
  [
    'a test is too long',
    { 'packages/core/src/base/b.test.ts': lines(801, '// x') },
    'packages/core/src/base/b.test.ts:1 file-length',
  ],
  ['no opening comment', { 'scripts/a.mjs': '#!/usr/bin/env node\nf()\n' }, 'scripts/a.mjs:1 opening-comment'],
  [
    'a barrel',
    { 'packages/core/src/base/index.ts': "// All.\nexport * from './ids.ts'\n" },
    'packages/core/src/base/index.ts:1 barrel',
  ],
  [
    'a barrel by way of imports',
    { 'packages/core/src/base/index.ts': "// All.\nimport { ID_BYTES } from './ids.ts'\nexport { ID_BYTES }\n" },
    'packages/core/src/base/index.ts:1 barrel',
  ],
  ['any', { 'bench/run.ts': '// Runs.\nconst a: any[] = []\na.pop()\n' }, 'bench/run.ts:2 any'],
  [
    'an empty catch',
    { 'bench/run.ts': '// Runs.\ntry {\n  f()\n} catch {\n  // well\n}\n' },
    'bench/run.ts:4 empty-catch',
  ],
  ['an empty .catch()', { 'bench/run.ts': '// Runs.\nf()\n  .catch(() => {})\n' }, 'bench/run.ts:3 empty-catch'],
  ['a note for later', { 'bench/run.ts': '// Runs.\n\n/* TODO more */\n' }, 'bench/run.ts:3 later'],
  ['a default export', { 'bench/run.ts': '// Runs.\nexport default 1\n' }, 'bench/run.ts:2 default-export'],
  [
    'a variable at module level',
    { 'packages/core/src/base/ids.ts': '// Ids.\nexport let next = 0\n' },
    'packages/core/src/base/ids.ts:2 global',
  ],
  [
    'a map to be filled at module level',
    { 'packages/core/src/base/ids.ts': '// Ids.\nconst cache = new Map<string, string>()\ncache.clear()\n' },
    'packages/core/src/base/ids.ts:2 global',
  ],
  ['a syntax error', { 'bench/run.ts': '// Runs.\nconst = 1\n' }, 'bench/run.ts:2 syntax'],
  [
    'a package that is not declared',
    { 'packages/core/src/base/ids.ts': "// Ids.\nimport 'left-pad/x'\n" },
    'packages/core/src/base/ids.ts:2 dependencies',
  ],
  [
    'a package that only development has',
    { 'packages/server/src/main.ts': "// Main.\nimport '@spoor/core/base/ids'\nimport 'ws'\n" },
    'packages/server/src/main.ts:3 dependencies',
  ],
  [
    'a lock without a package for another machine',
    {
      'package-lock.json':
        '{"packages": {\n"": {"devDependencies": {"vitest": "*"}},\n"node_modules/a": {"optionalDependencies": {"a-win32": "1.0.0", "a-linux": "1.0.0"}},\n' +
        '"node_modules/a-linux": {"version": "1.0.0"}}}',
    },
    'package-lock.json:3 lock',
  ],
  [
    'a lock that is older than a package.json',
    {
      'package-lock.json':
        '{"packages": {\n"": {"devDependencies": {"vitest": "*"}},\n"packages/core": {"dependencies": {"valibot": "1"}}}}',
    },
    'package-lock.json:3 lock',
  ],
  ['a link to no file', { 'README.md': '# Spoor\n\nSee [this](docs/gone.md).\n' }, 'README.md:3 links'],
  ['an image that is not there', { 'README.md': '# Spoor\n![screen](docs/screen.png)\n' }, 'README.md:2 links'],
  ['a link to no heading', { 'README.md': '# Spoor\n[a](docs/guarantees.md#gone)\n' }, 'README.md:2 links'],
  ['a link out of the repository', { 'docs/a.md': '[a](../../b.md)\n' }, 'docs/a.md:1 links'],
  [
    'a promise without its test file',
    {
      'docs/guarantees.md':
        '# What we promise\n\n| promise | test file | test title |\n|-|-|-|\n| a | b.test.ts | c |\n',
    },
    'docs/guarantees.md:5 guarantees',
  ],
  [
    'a promise without its test',
    {
      'docs/guarantees.md':
        '# What we promise\n| promise | test file | test title |\n|-|-|-|\n| a | packages/core/src/base/ids.test.ts | ids > go |\n',
    },
    'docs/guarantees.md:4 guarantees',
  ],
  ['no promise at all', { 'docs/guarantees.md': '# What we promise\n' }, 'docs/guarantees.md:1 guarantees'],
]

test('a clean tree breaks no rule', () => {
  expect(broken({})).toEqual([])
})

test.each(CASES)('%s', (_name, change, expected) => {
  expect(broken(change)).toEqual([expected])
})

test('what is just within the limits breaks no rule', () => {
  const change = {
    'packages/core/src/base/ids.ts': `// Ids.\nexport const ID_BYTES = 16\nexport function f() {\n${lines(68, '  f()')}}\n`,
    'packages/core/src/base/long.ts': lines(400, '// x'),
    'packages/core/src/base/b.test.ts': lines(800, '// x'),
    'docs/a.md': '```\n[a](gone.md)\n```\nand `[b](gone.md)`\n',
    'vitest.config.ts': '// Vitest.\nexport default {}\n',
  }
  expect(broken(change)).toEqual([])
})

test('a promise may name a law of a contract kit, and no other object with a name', () => {
  const laws = "// Laws.\nexport const laws = [{ name: 'tenants stay apart', async run() {} }, { name: 'a tenant' }]\n"
  const promise = (title: string): Files => ({
    'packages/testkit/package.json': '{"name":"@spoor/testkit"}',
    'packages/testkit/src/storage-contract/laws.ts': laws,
    'docs/guarantees.md':
      '# What we promise\n| promise | test file | test title |\n|-|-|-|\n' +
      `| a | packages/testkit/src/storage-contract/laws.ts | ${title} |\n`,
  })
  expect(broken(promise('tenants stay apart'))).toEqual([])
  expect(broken(promise('a tenant'))).toEqual(['docs/guarantees.md:4 guarantees'])
})

test('every long file has its reason', () => {
  for (const reason of Object.values(LONG_FILES)) expect(reason.length).toBeGreaterThan(10)
})

test('the command prints place, rule and advice, and ends with 1', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const run = async (files: Files): Promise<{ code: number; out: string }> => {
    const folder = await mkdtemp(join(tmpdir(), 'house-check-'))
    try {
      for (const [file, text] of Object.entries({ ...files, 'node_modules/x/index.ts': 'let a: any' })) {
        await mkdir(dirname(join(folder, file)), { recursive: true })
        await writeFile(join(folder, file), text)
      }
      return await promisify(execFile)(process.execPath, [main, folder]).then(
        ({ stdout }) => ({ code: 0, out: stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, out: error.stdout }),
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  expect(await run(CLEAN)).toEqual({ code: 0, out: '' })
  const { code, out } = await run({ ...CLEAN, 'bench/run.ts': '// Runs.\nexport const a: any = 1\n' })
  expect(code).toBe(1)
  expect(out).toMatch(/^bench\/run\.ts:2 any: use the real type/m)
  expect(await run({})).toMatchObject({ code: 1 })
})
