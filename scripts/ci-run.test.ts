// Tests how .ci/run adds its tiers up, on checkouts whose npm scripts only print.

import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const CI = fileURLToPath(new URL('../.ci', import.meta.url))

async function ci(scripts: Readonly<Record<string, string>>): Promise<{ code: number; last: string | undefined }> {
  const checkout = await mkdtemp(join(tmpdir(), 'spoor-ci-'))
  try {
    await cp(CI, join(checkout, '.ci'), { recursive: true })
    await writeFile(join(checkout, 'package.json'), JSON.stringify({ scripts }))
    return await new Promise((resolve) => {
      execFile(join(checkout, '.ci/run'), { cwd: tmpdir() }, (error, stdout) => {
        resolve({ code: error === null ? 0 : Number(error.code), last: stdout.trimEnd().split('\n').at(-1) })
      })
    })
  } finally {
    await rm(checkout, { recursive: true })
  }
}

test('adds up the tiers that exist', async () => {
  const scripts = { test: 'echo 3 passed, 0 failed', 'test:clients': 'echo 4 passed, 0 failed' }
  expect(await ci(scripts)).toEqual({ code: 0, last: '7 passed, 0 failed' })
})

test('fails when a later tier fails', async () => {
  const scripts = { test: 'echo 3 passed, 0 failed', 'test:backends': 'echo 1 passed, 2 failed && exit 1' }
  expect(await ci(scripts)).toEqual({ code: 1, last: '4 passed, 2 failed' })
})

test('counts a tier without a sum as failed', async () => {
  expect(await ci({ test: 'echo well' })).toEqual({ code: 1, last: '0 passed, 1 failed' })
})

test('counts a tier that ends with an error in spite of its sum as failed', async () => {
  expect(await ci({ test: 'echo 3 passed, 0 failed && exit 1' })).toEqual({ code: 1, last: '3 passed, 1 failed' })
})
