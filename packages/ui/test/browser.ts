// What every browser test needs: the UI freshly built, a fake server that serves it, a browser, and pages whose errors
// fail the test.

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { startFakeServer, type FakeServer } from './fake-server.ts'

const run = promisify(execFile)

export const ODD = '4bf92f3577b34da6a3ce929d0e0e4736'
export const SMALL = '000000000000000000000000000000a1'
export const TEN_THOUSAND = '00000000000000000000000000010000'
export const SKEWED = '000000000000000000000000005c3c3d'
export const DEEP = '00000000000000000000000000000200'
export const HUGE = '00000000000000000000000000100000'
export const RANGE = 'start=1787216400000000&end=1787220000000000&lookback=1h'

export interface Opened {
  readonly page: Page
  readonly context: BrowserContext
  /** Uncaught errors, and console errors other than a failed request. */
  readonly errors: string[]
}

export interface Rig {
  readonly server: FakeServer
  readonly browser: Browser
  /** Opens a path of the UI in a context of its own. */
  open(path: string, options?: BrowserContextOptions): Promise<Opened>
  close(): Promise<void>
}

/** Builds into a folder of its own, so that test files do not disturb each other. */
export async function buildUi(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'spoor-ui-'))
  const root = fileURLToPath(new URL('../', import.meta.url))
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  // In a process of its own: the test runner's NODE_ENV would give a development build.
  await run(process.execPath, [vite, 'build', '--outDir', outDir, '--emptyOutDir', '--logLevel', 'error'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return outDir
}

export async function startRig(base = '/'): Promise<Rig> {
  const dist = await buildUi()
  const server = await startFakeServer(dist, base)
  const browser = await launchChromium()
  const open = async (path: string, options: BrowserContextOptions = {}): Promise<Opened> => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      timezoneId: 'Europe/Berlin',
      ...options,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => {
      const ofRequest = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !ofRequest) errors.push(message.text())
    })
    await page.goto(server.url + path)
    return { page, context, errors }
  }
  const close = async (): Promise<void> => {
    await browser.close()
    await server.close()
    await rm(dist, { recursive: true, force: true })
  }
  return { server, browser, open, close }
}

export async function expectNoErrors({ context, errors }: Opened): Promise<void> {
  await context.close()
  expect(errors).toEqual([])
}

/** The timeline's rows in the DOM, top to bottom: level and text of the name cell. */
export async function shownRows(
  page: Page,
): Promise<{ level: number; service: string; name: string; facts: string }[]> {
  await page.locator('.tl-row').first().waitFor()
  return await page.evaluate(() =>
    [...document.querySelectorAll('.tl-row')]
      .map((row) => ({
        y: row.getBoundingClientRect().top,
        level: Number(row.getAttribute('aria-level')),
        service: row.querySelector('.tl-service')?.textContent ?? '',
        name: row.querySelector('.tl-operation')?.textContent ?? '',
        facts: row.querySelector('.tl-facts')?.textContent ?? '',
      }))
      .sort((a, b) => a.y - b.y)
      .map(({ level, service, name, facts }) => ({ level, service, name, facts })),
  )
}

export function row(page: Page, name: string): Locator {
  return page.locator('.tl-row', { has: page.locator('.tl-operation', { hasText: name }) }).first()
}

/** The page's path and query, without the base. */
export function where(page: Page, server: FakeServer): string {
  return page.url().slice(server.url.length)
}
