// Tests the set-up of a checkout on small checkouts of its own, with a stand-in for npm that writes down its calls.

import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const LOCK = {
  packages: {
    '': { name: 'w' },
    'packages/core': { version: '0.1.0' },
    'node_modules/@spoor/core': { link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/a-win32': { version: '1.0.0', optional: true },
  },
}

/** Writes what npm ci would leave behind, or fails if asked to. */
const NPM = `
const fs = require('node:fs')
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (fs.existsSync('npm-fails')) { console.error('npm error 404 no such thing'); process.exit(1) }
fs.mkdirSync('node_modules', { recursive: true })
const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
delete packages['node_modules/a-win32']
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))
`

let checkout = ''

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'spoor-setup-'))
  await mkdir(join(checkout, 'scripts'))
  await cp(fileURLToPath(new URL('setup.mjs', import.meta.url)), join(checkout, 'scripts/setup.mjs'))
  await mkdir(join(checkout, 'npm'))
  await writeFile(join(checkout, 'npm/npm-cli.js'), NPM)
  await writeLock(LOCK)
})

afterEach(async () => {
  await rm(checkout, { recursive: true })
})

async function writeLock(lock: object): Promise<void> {
  await writeFile(join(checkout, 'package-lock.json'), JSON.stringify(lock))
}

async function setup(): Promise<{ code: number | null; output: string }> {
  const env = { ...process.env, npm_execpath: join(checkout, 'npm/npm-cli.js'), npm_node_execpath: process.execPath }
  const child = spawn(process.execPath, [join(checkout, 'scripts/setup.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

async function npmCalls(): Promise<number> {
  return (await readFile(join(checkout, 'npm-calls'), 'utf8').catch(() => '')).split('\n').length - 1
}

test('installs on a fresh checkout and says nothing the second time', async () => {
  expect(await setup()).toMatchObject({ code: 0, output: expect.stringMatching(/packages installed in/) as string })
  expect(await readFile(join(checkout, 'npm-calls'), 'utf8')).toMatch(/^ci .*--include=dev/)
  expect(await setup()).toEqual({ code: 0, output: '' })
  expect(await npmCalls()).toBe(1)
})

test('leaves alone what was installed by hand', async () => {
  await mkdir(join(checkout, 'node_modules'))
  await writeFile(join(checkout, 'node_modules/.package-lock.json'), JSON.stringify(LOCK))
  expect(await setup()).toEqual({ code: 0, output: '' })
  expect(await npmCalls()).toBe(0)
})

test('installs again when the lock asks for another version', async () => {
  await setup()
  const changed = { version: '1.0.1', integrity: 'sha512-b' }
  await writeLock({ packages: { ...LOCK.packages, 'node_modules/a': changed } })
  await setup()
  expect(await npmCalls()).toBe(2)
})

test('does not install when the lock changed in nothing that is installed', async () => {
  await setup()
  await writeLock({ packages: { ...LOCK.packages, '': { name: 'w', license: 'Apache-2.0' } } })
  expect(await setup()).toEqual({ code: 0, output: '' })
  expect(await npmCalls()).toBe(1)
})

test('prints what npm printed when npm fails', async () => {
  await writeFile(join(checkout, 'npm-fails'), '')
  const { code, output } = await setup()
  expect(code).toBe(1)
  expect(output).toMatch(/npm ci failed:\nnpm error 404 no such thing\n$/)
  await rm(join(checkout, 'npm-fails'))
  expect(await setup()).toMatchObject({ code: 0 })
})

test('three at once install once', async () => {
  const runs = await Promise.all([setup(), setup(), setup()])
  expect(runs.map((run) => run.code)).toEqual([0, 0, 0])
  expect(await npmCalls()).toBe(1)
})

test('takes over the lock of a set-up that died', async () => {
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await new Promise((resolve) => dead.on('close', resolve))
  await mkdir(join(checkout, '.cache'))
  await writeFile(join(checkout, '.cache/setup.lock'), String(dead.pid))
  expect(await setup()).toMatchObject({ code: 0 })
  expect(await npmCalls()).toBe(1)
})
