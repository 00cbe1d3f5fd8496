// The UI's files as a browser gets them, and the admin port as Prometheus and load balancers see it, over real HTTP.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHealth } from '../../src/doors/admin/health.ts'
import { createAdminServer } from '../../src/doors/admin/index.ts'
import type { BoundDoor } from '../../src/doors/api/query-server.ts'
import { uiDoor } from '../../src/doors/ui/index.ts'
import { silentLogger } from '../../src/telemetry/log.ts'
import { serve, type Served } from './serve.ts'
import { makeSpan, storeOf } from './spans.ts'

const SCRIPT = "\n  document.title = 'x'\n"
const PAGE = `<!doctype html><script>${SCRIPT}</script><script type="module" src="./static/app.js"></script>`
const APP = 'export const a = 1\n'.repeat(200)

describe('the UI', () => {
  let folder: string
  let served: Served

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spoor-ui-'))
    await mkdir(join(folder, 'static'))
    await writeFile(join(folder, 'index.html'), PAGE)
    await writeFile(join(folder, 'secret.txt'), 'secret')
    await writeFile(join(folder, 'static', 'app.js'), APP)
    await writeFile(join(folder, 'static', 'app.js.br'), brotliCompressSync(APP))
    await writeFile(join(folder, 'static', 'app.js.gz'), gzipSync(APP))
    const door: BoundDoor = { plugin: uiDoor, config: { staticFiles: folder } }
    served = await serve(storeOf([makeSpan()]), { basePath: '/base', doors: [door] })
  })
  afterAll(async () => {
    await served.stop()
    await rm(folder, { recursive: true })
  })

  test.each(['/', '/search?service=shop', '/trace/abc', '/trace/a...b', '/dependencies', '/no/such/page'])(
    'page %s is index.html, never cached without asking',
    async (path) => {
      const response = await fetch(served.url + path)
      expect([response.status, await response.text()]).toEqual([200, PAGE])
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(response.headers.get('cache-control')).toBe('no-cache')
      const etag = response.headers.get('etag') ?? ''
      expect((await fetch(served.url + path, { headers: { 'if-none-match': etag } })).status).toBe(304)
    },
  )

  test('the base path without its slash leads to where relative addresses work', async () => {
    for (const [asked, told] of [
      ['', '/base/'],
      ['?uiTheme=dark&a=b?c', '/base/?uiTheme=dark&a=b?c'],
    ] as const) {
      const response = await fetch(served.url + asked, { redirect: 'manual' })
      expect([response.status, response.headers.get('location')]).toEqual([302, told])
    }
  })

  test('runs its own scripts and no others', async () => {
    const { headers } = await fetch(`${served.url}/`)
    const policy = headers.get('content-security-policy') ?? ''
    const hash = createHash('sha256').update(SCRIPT).digest('base64')
    expect(policy.split('; ')).toContain(`script-src 'self' 'sha256-${hash}'`)
    expect(policy).toContain("object-src 'none'")
    expect(policy).not.toContain('frame-ancestors')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('files are kept for ever and come compressed as built', async () => {
    for (const encoding of ['br', 'gzip', 'identity']) {
      const response = await fetch(`${served.url}/static/app.js`, { headers: { 'accept-encoding': encoding } })
      expect([encoding, response.headers.get('content-encoding')]).toEqual([
        encoding,
        encoding === 'identity' ? null : encoding,
      ])
      expect(await response.text()).toBe(APP)
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('content-type')).toContain('javascript')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test.each(['/static/none.js', '/static/..%2fsecret.txt', '/static/%2e%2e%2fsecret.txt', '/api/none', '/api/x/none'])(
    '%s is no file and no page',
    async (path) => {
      const response = await fetch(served.url + path)
      const text = await response.text()
      expect([response.status >= 400 && response.status < 500, text.includes('"errors"')]).toEqual([true, true])
    },
  )

  test('what no API answers is 404 with every method', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await fetch(`${served.url}/api/archive/abc`, { method })
      expect([method, response.status]).toEqual([method, 404])
    }
  })

  test('without a build there is a page that says so', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'spoor-ui-'))
    const door: BoundDoor = { plugin: uiDoor, config: { staticFiles: empty } }
    const bare = await serve(storeOf([makeSpan()]), { doors: [door] })
    try {
      expect(await (await fetch(`${bare.url}/search`)).text()).toContain('not built')
      expect((await fetch(`${bare.url}/api/services`)).status).toBe(200)
    } finally {
      await bare.stop()
      await rm(empty, { recursive: true })
    }
  })
})

describe('the admin port', () => {
  test('health on every path and method: 503 until ready and while stopping; metrics on their route', async () => {
    let now = 1_787_220_000_000
    const health = createHealth(() => now)
    const config = {
      listen: { host: '127.0.0.1', port: 0 },
      metricsBackend: 'prometheus',
      metricsRoute: '/my/metrics',
    } as const
    const admin = createAdminServer(config, { health, log: silentLogger(), scrape: async () => 'a_total 1\n' })
    const { address } = await admin.start()
    try {
      const ask = async (path: string, method: string): Promise<readonly unknown[]> => {
        const response = await fetch(`http://${address}${path}`, { method })
        return [response.status, response.headers.get('content-type'), await response.text()]
      }
      const down = '{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":"0s"}'
      expect(await ask('/', 'GET')).toEqual([503, 'application/json', down])
      health.ready()
      now += 61_500
      const up = '{"status":"Server available","upSince":"2026-08-20T10:00:00.000Z","uptime":"1m1.5s"}'
      for (const [path, method] of [
        ['/', 'GET'],
        ['/health', 'GET'],
        ['/unknown?x', 'GET'],
        ['/', 'POST'],
      ] as const) {
        expect(await ask(path, method)).toEqual([200, 'application/json', up])
      }
      expect(await ask('/', 'HEAD')).toEqual([200, 'application/json', ''])
      expect(await ask('/my/metrics', 'GET')).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', 'a_total 1\n'])
      health.unavailable()
      expect(await ask('/', 'GET')).toEqual([503, 'application/json', down])
    } finally {
      await admin.stop()
    }
  })

  test('a scrape that fails is 500 and tells nothing of the inside', async () => {
    const config = {
      listen: { host: '127.0.0.1', port: 0 },
      metricsBackend: 'prometheus',
      metricsRoute: '/metrics',
    } as const
    const scrape = async (): Promise<string> => await Promise.reject(new Error('inner'))
    const admin = createAdminServer(config, { health: createHealth(), log: silentLogger(), scrape })
    const { address } = await admin.start()
    const response = await fetch(`http://${address}/metrics`)
    expect([response.status, await response.text()]).toEqual([500, 'metrics could not be collected\n'])
    await admin.stop()
  })
})
