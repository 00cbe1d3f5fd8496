// The starter itself, against small stand-ins for the program: a good one, one that fails, one that ends badly.

import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSpoor } from './start.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoor-start-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A program that answers 200 on its admin port and ends with `code` on SIGTERM. */
async function program(code: number): Promise<string> {
  const path = join(folder, `code-${code}.mjs`)
  const text = `
    import { createServer } from 'node:http'
    const flag = process.argv.find((arg) => arg.startsWith('--admin.http.host-port='))
    console.log('arguments', process.argv.slice(2).join(' '))
    console.log('variables', Object.keys(process.env).filter((name) => name.startsWith('STORAGE_')).join(' '))
    const server = createServer((request, response) => response.end('ok'))
    server.listen(Number(flag.split(':').at(-1)), '127.0.0.1')
    process.on('SIGTERM', () => { console.log('bye'); process.exit(${code}) })`
  await writeFile(path, text)
  return path
}

test('a healthy program is handed over with its ports and stopped with code 0, its temporary folder removed', async () => {
  const spoor = await startSpoor({ main: await program(0), args: ['query', '--log-level=debug'] })
  expect((await fetch(spoor.url.admin)).status).toBe(200)
  expect(new Set(Object.values(spoor.ports)).size).toBe(Object.keys(spoor.ports).length)
  const words = spoor.output().split(/\s+/)
  expect(words[1], 'the role goes first').toBe('query')
  expect(words).toContain(`--otlp.grpc.host-port=127.0.0.1:${spoor.ports.otlpGrpc}`)
  expect(words).toContain(`--storage.dir=${spoor.dataDir}`)
  await spoor.stop()
  await spoor.stop()
  expect(await spoor.exited).toEqual({ code: 0, signal: null })
  expect(spoor.output()).toContain('bye')
  await expect(access(spoor.dataDir)).rejects.toThrow('ENOENT')
})

test('variables of the machine do not configure the program, those of the test do', async () => {
  process.env.STORAGE_TYPE = 'tape'
  try {
    const spoor = await startSpoor({ main: await program(0), env: { STORAGE_CACHE: '1MiB' } })
    expect(spoor.output()).toMatch(/^variables STORAGE_CACHE$/m)
    await spoor.stop()
  } finally {
    delete process.env.STORAGE_TYPE
  }
})

test('a program that ends with another code fails the stop and shows its output', async () => {
  const spoor = await startSpoor({ main: await program(3) })
  await expect(spoor.stop()).rejects.toThrow(/code 3[^]*bye/)
})

test('a killed program leaves the folder it was given', async () => {
  const spoor = await startSpoor({ main: await program(0), dataDir: folder })
  await spoor.kill()
  expect(await spoor.exited).toEqual({ code: null, signal: 'SIGKILL' })
  await access(folder)
})

test('a program that fails before it is healthy throws with what it said', async () => {
  const main = join(folder, 'fails.mjs')
  await writeFile(main, `console.error('no such storage: tape'); process.exit(2)`)
  await expect(startSpoor({ main })).rejects.toThrow(/code 2[^]*no such storage: tape/)
})

test('a program that is never healthy is ended at the deadline', async () => {
  const main = join(folder, 'mute.mjs')
  await writeFile(main, `console.log('thinking'); setInterval(() => {}, 1e6)`)
  await expect(startSpoor({ main, deadlineMs: 1500 })).rejects.toThrow(/not healthy after 1500 ms[^]*thinking/)
})
