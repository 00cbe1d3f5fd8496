// bin/spoor.js in real processes: what it imports, under which name, and what an old Node is told.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const BIN = fileURLToPath(new URL('../../bin/spoor.js', import.meta.url))
const MAIN = 'console.log(import.meta.filename.slice(-7), process.argv[1], ...process.argv.slice(2))\n'

let home = ''

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'spoor-bin-')))
  for (const folder of ['bin', 'src', 'dist']) mkdirSync(join(home, folder))
  writeFileSync(join(home, 'package.json'), '{"type":"module"}')
  copyFileSync(BIN, join(home, 'bin/spoor.js'))
  writeFileSync(join(home, 'dist/main.js'), MAIN)
})

afterEach(() => {
  rmSync(home, { recursive: true })
})

function run(program: string, ...before: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(home, 'cache') }
  return spawnSync(process.execPath, [...before, join(home, program), '--a', 'b'], { encoding: 'utf8', env })
}

test('in a checkout the sources run, a published package has only the build', () => {
  writeFileSync(join(home, 'src/main.ts'), `const name: string = 'typed'\nvoid name\n${MAIN}`)
  const program = join(home, 'bin/spoor.js')
  expect(run('bin/spoor.js')).toMatchObject({ status: 0, stdout: `main.ts ${program} --a b\n`, stderr: '' })
  rmSync(join(home, 'src'), { recursive: true })
  expect(run('bin/spoor.js')).toMatchObject({ status: 0, stdout: `main.js ${program} --a b\n`, stderr: '' })
})

test('the name of a link to it reaches the program', (context) => {
  context.skip(process.platform === 'win32', 'on Windows links are for administrators')
  symlinkSync('bin/spoor.js', join(home, 'jaeger-all-in-one'))
  expect(run('jaeger-all-in-one').stdout).toBe(`main.js ${join(home, 'jaeger-all-in-one')} --a b\n`)
})

test('a Node that is too old gets one line and a failure', () => {
  const old = join(home, 'old.cjs')
  writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '20.19.0' })\n")
  const { status, stdout, stderr } = run('bin/spoor.js', '--require', old)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^spoor: this is Node 20\.19\.0, and Spoor needs Node 24 or newer: install it from .*\n$/)
})
