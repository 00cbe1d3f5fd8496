// What the UI weighs and what a frame costs. Bytes and DOM nodes are held to their budget; CPU time is written down
// (.cache/ui-figures.json) because it depends on the machine.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeSummaries } from './fake-data.ts'
import { buildUi, expectNoErrors, HUGE, RANGE, startRig, TEN_THOUSAND, type Rig } from './browser.ts'

const KB = 1000
const FIGURES = fileURLToPath(new URL('../../../.cache/ui-figures.json', import.meta.url))
const figures: Record<string, unknown> = {}

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})
afterAll(async () => {
  await rig.close()
  await mkdir(dirname(FIGURES), { recursive: true })
  await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`)
  process.stdout.write(`UI figures: ${JSON.stringify(figures)}\n`)
})

test('the initial JavaScript is at most 200 KB gzip on any page', async () => {
  const dist = await buildUi()
  const sizes = new Map<string, number>()
  for (const name of await readdir(join(dist, 'static'))) {
    sizes.set(name, gzipSync(await readFile(join(dist, 'static', name)), { level: 9 }).length)
  }
  await rm(dist, { recursive: true, force: true })
  for (const [page, path] of [
    ['search', 'search'],
    ['trace', `trace/${TEN_THOUSAND}`],
  ] as const) {
    rig.server.requests.length = 0
    const opened = await rig.open(path)
    await opened.page.locator('.welcome, .tl-row').first().waitFor()
    const files = new Set(
      rig.server.requests.filter((item) => item.endsWith('.js')).map((item) => item.slice('static/'.length)),
    )
    expect(files.size).toBeGreaterThan(1)
    const total = [...files].reduce((sum, name) => sum + (sizes.get(name) ?? NaN), 0)
    figures[`${page} page: JavaScript, gzip KB`] = Math.round(total / 100) / 10
    expect(total).toBeLessThanOrEqual(200 * KB)
    await expectNoErrors(opened)
  }
  const css = [...sizes].filter(([name]) => name.endsWith('.css')).reduce((sum, [, size]) => sum + size, 0)
  figures['CSS, gzip KB'] = Math.round(css / 100) / 10
  expect(css).toBeLessThanOrEqual(20 * KB)
})

/** Scrolls by `step` px a frame; gives the frames. */
async function scroll(page: Page, frames: number, step: number): Promise<number> {
  return await page.evaluate(
    ([count, px]) =>
      new Promise<number>((resolve) => {
        const scroller = document.querySelector('.tl-scroll')
        let done = 0
        const next = (): void => {
          if (scroller === null || done === count) return resolve(done)
          scroller.scrollTop += px ?? 0
          done++
          requestAnimationFrame(next)
        }
        requestAnimationFrame(next)
      }),
    [frames, step],
  )
}

test.each([
  ['10,000', TEN_THOUSAND],
  ['100,000', HUGE],
])('scrolling through %s spans', async (count, id) => {
  const opened = await rig.open('nowhere')
  const { page, context } = opened
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const metric = async (name: string): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find((item) => item.name === name)?.value ?? NaN
  }
  const before = await metric('TaskDuration')
  await page.goto(`${rig.server.url}trace/${id}`)
  await page.locator('.tl-row').first().waitFor()
  figures[`${count} spans: main-thread CPU to the first row, ms`] = Math.round(
    ((await metric('TaskDuration')) - before) * 1000,
  )
  await scroll(page, 30, 120)
  const [task, script] = [await metric('TaskDuration'), await metric('ScriptDuration')]
  const frames = await scroll(page, 180, 120)
  expect(frames).toBe(180)
  const perFrame = (((await metric('TaskDuration')) - task) / frames) * 1000
  figures[`${count} spans: main-thread CPU per frame while scrolling, ms`] = Math.round(perFrame * 100) / 100
  figures[`${count} spans: of that script, ms`] =
    Math.round((((await metric('ScriptDuration')) - script) / frames) * 1e5) / 100
  const rows = await page.locator('.tl-row').count()
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
  const heap = await metric('JSHeapUsedSize')
  Object.assign(figures, { [`${count} spans: rows, DOM nodes, heap MB`]: [rows, nodes, Math.round(heap / 1e5) / 10] })
  expect(rows).toBeLessThanOrEqual(60)
  expect(nodes).toBeLessThanOrEqual(1000)
  expect(await page.locator('.tl-scroll').evaluate((element) => element.scrollTop)).toBeGreaterThanOrEqual(200 * 120)
  await expectNoErrors(opened)
})

test('1,500 results', async () => {
  rig.server.summaries = fakeSummaries(1500)
  const opened = await rig.open('nowhere')
  const { page, context } = opened
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const metric = async (name: string): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find((item) => item.name === name)?.value ?? Number.NaN
  }
  const before = await metric('TaskDuration')
  await page.goto(`${rig.server.url}search?${RANGE}&limit=1500`)
  await page.locator('.result').first().waitFor()
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
  figures['1,500 results: main-thread CPU to the first one, ms'] = Math.round(
    ((await metric('TaskDuration')) - before) * 1000,
  )
  figures['1,500 results: DOM nodes, heap MB'] = [nodes, Math.round((await metric('JSHeapUsedSize')) / 1e5) / 10]
  expect(nodes).toBeLessThanOrEqual(2500)
  await expectNoErrors(opened)
})
