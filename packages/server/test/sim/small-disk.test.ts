// A real small file system (tmpfs, in a mount namespace of its own) that fills up while the store works, and gets room again.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const CHILD = fileURLToPath(new URL('small-disk-child.ts', import.meta.url))
const KIB = 1024

/** Runs the child with a file system of its own of so many bytes. */
function run(sizeBytes: number): { readonly status: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-small-'))
  const script = 'mount -t tmpfs -o size="$1" none "$2" && exec "$3" "$4" "$2"'
  const args = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh']
  const done = spawnSync('unshare', [...args, String(sizeBytes), folder, process.execPath, CHILD], { encoding: 'utf8' })
  rmSync(folder, { recursive: true, force: true })
  return { status: done.status, said: `${done.stdout}${done.stderr}` }
}

const probe = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /mnt'])
const WHY_NOT = 'needs Linux that lets a user mount a tmpfs in a namespace (unshare)'

test.skipIf(probe.status !== 0).each([192, 416, 960])(
  `a file system of %i KiB fills up, gets room and fills up again: no acknowledged span is lost (${WHY_NOT})`,
  (kib) => {
    const { status, said } = run(kib * KIB)
    expect(said).toMatch(/^refused [1-9]\d* of \d+, then [1-9]\d* more were taken\n$/)
    expect(status).toBe(0)
  },
)
