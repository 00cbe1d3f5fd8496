// axe-core (WCAG 2.0 to 2.2, A and AA) on every page in both themes and in its key states: no violation at all. Plus what
// axe cannot see: the layout at 360 px and at 1920 px, focus, the look without motion and with more contrast.

import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoErrors, ODD, RANGE, SKEWED, SMALL, startRig, type Rig } from './browser.ts'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

interface AxeResult {
  violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[]
}

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  const result = await page.evaluate(async (tags) => {
    const { axe } = window as unknown as { axe: { run(context: Document, options: object): Promise<AxeResult> } }
    return await axe.run(document, { runOnly: tags })
  }, TAGS)
  return result.violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
  )
}

const PAGES: [string, string, (page: Page) => Promise<unknown>][] = [
  ['search before searching', 'search', (page) => page.getByRole('heading', { name: 'Services' }).waitFor()],
  ['results', `search?${RANGE}&limit=60`, (page) => page.locator('.result').first().waitFor()],
  [
    'results with an open list',
    `search?${RANGE}&service=cart`,
    async (page) => {
      await page.locator('.result').first().waitFor()
      await page.getByRole('combobox', { name: 'Operation' }).click()
      await page.getByRole('option').first().waitFor()
    },
  ],
  [
    'a form with errors',
    'search',
    async (page) => {
      await page.getByLabel('Tags').fill('a="')
      await page.getByLabel('Min duration').fill('x')
      await page.getByLabel('Lookback').selectOption('custom')
    },
  ],
  [
    'nothing found',
    `search?${RANGE}&service=nobody`,
    (page) => page.getByRole('heading', { name: 'No trace matches' }).waitFor(),
  ],
  [
    'results by a query, counted, explained and partial',
    `search?${RANGE}&limit=10&q=${encodeURIComponent('not kind = client and status = error')}&facet=http.route&explain=1`,
    async (page) => {
      await page.getByRole('region', { name: 'http.route' }).waitFor()
      await page.locator('.explanation dl').waitFor()
    },
  ],
  [
    'a query being written',
    `search?${RANGE}`,
    async (page) => {
      await page.locator('.result').first().waitFor()
      await page.getByRole('textbox', { name: 'Query' }).fill('status = ')
      await page.locator('.query-options li').first().waitFor()
      await page.keyboard.press('ArrowDown')
    },
  ],
  [
    'a query with a mistake',
    `search?${RANGE}&q=duration+%3E+5`,
    (page) => page.getByRole('heading', { name: 'This query is not understood' }).waitFor(),
  ],
  ['trace', `trace/${SMALL}`, (page) => page.locator('.tl-row').first().waitFor()],
  [
    'trace with details and matches',
    `trace/${ODD}?span=00000000000000a2&uiFind=loop`,
    (page) => page.getByText('upstream timed out').waitFor(),
  ],
  [
    'graph of a trace with details',
    `trace/${ODD}?view=graph&span=00000000000000a2`,
    async (page) => {
      await page.locator('.tg-node').first().waitFor()
      await page.getByText('upstream timed out').waitFor()
    },
  ],
  [
    'graph coloured by time',
    `trace/${SMALL}?view=graph&color=time`,
    (page) => page.locator('.tg-node').first().waitFor(),
  ],
  [
    'a trace with skewed clocks and its data menu',
    `trace/${SKEWED}?clockSkew=on`,
    async (page) => {
      await page.getByText('Clock skew corrected').waitFor()
      await page.getByText('Data', { exact: true }).click()
    },
  ],
  [
    'help',
    `trace/${ODD}`,
    async (page) => {
      await page.locator('.tl-row').first().waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    },
  ],
  ['dependencies', 'dependencies', (page) => page.locator('.map-node').first().waitFor()],
  [
    'dependencies with a service chosen',
    'dependencies?sel=payment',
    (page) => page.getByRole('complementary', { name: 'Details' }).waitFor(),
  ],
  [
    'dependencies with calls chosen, around a service',
    'dependencies?sel=checkout&selTo=payment&focal=checkout',
    (page) => page.getByRole('complementary', { name: 'Details' }).waitFor(),
  ],
  [
    'dependencies as a table',
    'dependencies?view=table&sel=checkout&selTo=payment',
    (page) => page.locator('.map-table tbody tr').first().waitFor(),
  ],
  ['no file open', 'search?view=files', (page) => page.getByRole('heading', { name: 'No file is open' }).waitFor()],
  [
    'files open',
    'search?view=files',
    async (page) => {
      await page.getByRole('button', { name: 'Choose files' }).waitFor()
      const file = (name: string, text: string) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
      const spans = [{ traceId: 'a', id: 'b', name: 'op', timestamp: 1_787_220_000_000_000, duration: 5 }]
      await page
        .locator('.files-side input[type=file]')
        .setInputFiles([file('good.json', JSON.stringify(spans)), file('bad.json', '{')])
      await page.getByRole('list', { name: 'Problems of bad.json' }).waitFor()
    },
  ],
  [
    'a trace of a file that is not open',
    'trace/abcdef?local=lost.json',
    (page) => page.getByRole('button', { name: 'Open lost.json' }).waitFor(),
  ],
  ['no such trace', 'trace/abcdef', (page) => page.getByRole('heading', { name: 'This trace is not here' }).waitFor()],
  ['no such page', 'nowhere', (page) => page.getByRole('heading', { name: 'There is no such page' }).waitFor()],
]

describe.each(['light', 'dark'] as const)('axe, %s', (colorScheme) => {
  test.each(PAGES)('%s', async (_, path, ready) => {
    const opened = await rig.open(path, { colorScheme })
    await ready(opened.page)
    expect(await violations(opened.page)).toEqual([])
    await expectNoErrors(opened)
  })

  test('trace on a narrow screen', async () => {
    const opened = await rig.open(`trace/${ODD}?span=00000000000000a2`, {
      colorScheme,
      viewport: { width: 360, height: 740 },
    })
    await opened.page.getByText('upstream timed out').waitFor()
    expect(await violations(opened.page)).toEqual([])
    await expectNoErrors(opened)
  })
})

describe('layout', () => {
  test.each([
    [360, 740],
    [768, 1024],
    [1920, 1080],
    [3440, 1440],
  ])('%d px wide: nothing sticks out', async (width, height) => {
    for (const path of [
      'search',
      `search?${RANGE}`,
      `search?${RANGE}&q=${'service+%3D+gateway+and+'.repeat(9)}a+%3D+1&facet=http.route&order=spans&explain=1`,
      'search?view=files',
      'dependencies?sel=payment',
      'dependencies?view=table',
      `trace/${ODD}?span=00000000000000a2`,
      'trace/abcdef',
      'trace/abcdef?local=lost.json',
    ]) {
      const opened = await rig.open(path, { viewport: { width, height } })
      await opened.page.locator('.welcome, .result, .tl-row, .map-node, .map-table, .message').first().waitFor()
      const wide = await opened.page.evaluate(() => document.documentElement.scrollWidth)
      expect(wide, path).toBeLessThanOrEqual(width)
      await expectNoErrors(opened)
    }
  })

  test('on a narrow screen the details are a sheet and the rows stay in sight', async () => {
    const opened = await rig.open(`trace/${ODD}?span=00000000000000a2`, { viewport: { width: 360, height: 740 } })
    await opened.page.getByText('upstream timed out').waitFor()
    const [sheet, grid] = [
      await opened.page.locator('.inspector').boundingBox(),
      await opened.page.locator('.tl-scroll').boundingBox(),
    ]
    expect(sheet?.width).toBe(360)
    expect((sheet?.y ?? 0) - (grid?.y ?? 0)).toBeGreaterThan(48)
    await expectNoErrors(opened)
  })
})

describe('themes', () => {
  const background = (page: Page): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  /** Lightness (0 to 255) of the canvas's most frequent opaque colour, a bar's or the text's. */
  const canvasBytes = (page: Page): Promise<string> =>
    page.evaluate(() => document.querySelector<HTMLCanvasElement>('.tl-bars')?.toDataURL() ?? '')

  test('follow the system, can be chosen, are kept, and reach the canvas', async () => {
    const opened = await rig.open(`trace/${SMALL}`, { colorScheme: 'dark' })
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    const [dark, darkBars] = [await background(page), await canvasBytes(page)]
    await page.getByRole('button', { name: 'Theme: system. Switch to light' }).click()
    await expect.poll(() => background(page)).not.toBe(dark)
    await expect.poll(() => canvasBytes(page)).not.toBe(darkBars)
    await page.reload()
    await page.getByRole('button', { name: 'Theme: light. Switch to dark' }).click()
    await expect.poll(() => background(page)).toBe(dark)
    await page.emulateMedia({ colorScheme: 'light', contrast: 'more', reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Theme: dark. Switch to system' }).click()
    await expect.poll(() => background(page)).not.toBe(dark)
    await expectNoErrors(opened)
  })
})

test('the first Tab is a way past the bar, and the focus can be seen', async () => {
  const opened = await rig.open(`trace/${ODD}`)
  const { page } = opened
  await page.locator('.tl-row').first().waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('page')
  const seen: string[] = []
  for (let i = 0; i < 40 && !seen.includes('treegrid'); i++) {
    await page.keyboard.press('Tab')
    const [role, outline] = await page.evaluate(() => {
      const element = document.activeElement
      return element === null
        ? ['', '']
        : [element.getAttribute('role') ?? element.tagName, getComputedStyle(element).outlineStyle]
    })
    seen.push(role ?? '')
    expect(outline, role).toBe('solid')
  }
  expect(seen).toContain('treegrid')
  await expectNoErrors(opened)
})
