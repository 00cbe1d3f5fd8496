// The page of services and their calls: what it draws, how it is moved and narrowed, its address, and its table.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectNoErrors, startRig, where, type Opened, type Rig } from './browser.ts'
import { manyDependencies, SHOP } from './fake-dependencies.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig('/jaeger/')
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.server.dependencies = SHOP
  rig.server.faults.clear()
})

async function openMap(query = ''): Promise<Opened> {
  const opened = await rig.open(`dependencies${query}`)
  await opened.page.locator('.map-node').first().waitFor()
  return opened
}

function service(page: Page, name: string) {
  return page.locator(`.map-node[data-service="${name}"]`)
}

/** Names of the services that are drawn, sorted. */
async function drawn(page: Page): Promise<string[]> {
  await page.locator('.map-node').first().waitFor()
  const names = await page
    .locator('.map-node')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-service') ?? ''))
  return names.toSorted()
}

async function place(page: Page, name: string): Promise<{ x: number; y: number; width: number }> {
  return (await service(page, name).boundingBox()) ?? { x: NaN, y: NaN, width: NaN }
}

describe('the drawing', () => {
  test('has every service and every call, callers before the called, cycles included', async () => {
    const opened = await rig.open('search')
    const { page } = opened
    await page.getByRole('link', { name: 'Dependencies' }).click()
    const names = [...new Set(SHOP.flatMap(({ parent, child }) => [parent, child]))].toSorted()
    expect(await drawn(page)).toEqual(names)
    expect(await page.locator('.map-edge').count()).toBe(SHOP.length)
    expect(await page.locator('.map-count').innerText()).toBe('12 services, 13 connections')
    expect((await place(page, 'frontend')).x).toBeLessThan((await place(page, 'checkout')).x)
    expect((await place(page, 'checkout')).x).toBeLessThan((await place(page, 'payment')).x)
    const titles = await page.locator('.map-edge title').allTextContents()
    expect(titles).toContain('checkout calls payment: 812 calls, 96 with errors (12 %)')
    expect(titles).toContain('ledger calls payment: 40 calls, 0 with errors (0 %)')
    expect(await page.locator('.map-number').allTextContents()).toContain('812 · 12 %')
    await expectNoErrors(opened)
  })

  test('a click on a service says what is known and leads to its traces', async () => {
    const opened = await openMap('?lookback=2h')
    const { page } = opened
    await service(page, 'payment').click()
    const details = page.getByRole('complementary', { name: 'Details' })
    await details.getByRole('heading', { name: 'payment' }).waitFor()
    expect(where(page, rig.server)).toBe('dependencies?lookback=2h&sel=payment')
    expect((await details.innerText()).replace(/\s+/g, ' ')).toContain('Called 852 times With errors 96, 11 %')
    await details.getByRole('button', { name: 'checkout' }).click()
    await details.getByRole('heading', { name: 'checkout → payment' }).waitFor()
    await page.goBack()
    await details.getByRole('link', { name: 'Its traces' }).click()
    await page.waitForURL(/\/search\?/)
    const asked = new URL(page.url()).searchParams
    expect([asked.get('service'), asked.get('lookback')]).toEqual(['payment', '2h'])
    await expectNoErrors(opened)
  })

  test('a click on a call shows its numbers; Escape closes', async () => {
    const opened = await openMap()
    const { page } = opened
    await page.locator('.map-number', { hasText: '815 · 12 %' }).click()
    const details = page.getByRole('complementary', { name: 'Details' })
    await details.getByRole('heading', { name: 'frontend → checkout' }).waitFor()
    expect((await details.innerText()).replace(/\s+/g, ' ')).toContain(
      'Calls 815 On average 34.0 an hour With errors 97, 12 %',
    )
    await page.locator('.map-svg').focus()
    await page.keyboard.press('Escape')
    await details.waitFor({ state: 'detached' })
    expect(where(page, rig.server)).toBe('dependencies')
    await expectNoErrors(opened)
  })

  test('neighbours of a service, by hops, and the least number of calls', async () => {
    const opened = await openMap()
    const { page } = opened
    await page.getByLabel('Around').selectOption('checkout')
    await expect.poll(() => drawn(page)).toEqual(['checkout', 'frontend', 'payment', 'shipping'])
    await page.getByLabel('Hops').selectOption('2')
    await expect
      .poll(() => drawn(page))
      .toEqual(['a/b "c" <&>', 'checkout', 'frontend', 'ledger', 'payment', 'shipping'])
    expect(where(page, rig.server)).toBe('dependencies?focal=checkout&depth=2')
    await page.getByLabel('Around').selectOption('')
    await page.getByLabel('Calls', { exact: true }).selectOption('1000')
    await expect.poll(() => drawn(page)).toEqual(['api-gateway', 'cart', 'frontend', 'redis'])
    await page.getByLabel('Calls', { exact: true }).selectOption('100000')
    await expect.poll(() => drawn(page)).toEqual(['api-gateway', 'frontend'])
    await expectNoErrors(opened)
  })

  test('moves and zooms by wheel, mouse and keys', async () => {
    const opened = await openMap()
    const { page } = opened
    const start = await place(page, 'redis')
    await page.mouse.move(700, 500)
    await page.mouse.wheel(0, -300)
    await expect.poll(async () => (await place(page, 'redis')).width).toBeGreaterThan(start.width * 1.2)
    const zoomed = await place(page, 'redis')
    await page.mouse.move(100, 820)
    await page.mouse.down()
    await page.mouse.move(160, 790, { steps: 4 })
    await page.mouse.up()
    expect((await place(page, 'redis')).x).toBeCloseTo(zoomed.x + 60, 0)
    expect((await place(page, 'redis')).y).toBeCloseTo(zoomed.y - 30, 0)
    expect(where(page, rig.server)).toBe('dependencies')
    await page.locator('.map-svg').focus()
    await page.keyboard.press('0')
    expect((await place(page, 'redis')).x).toBeCloseTo(start.x, 0)
    await page.keyboard.press('ArrowLeft')
    expect((await place(page, 'redis')).x).toBeCloseTo(start.x + 60, 0)
    await page.keyboard.press('+')
    expect((await place(page, 'redis')).width).toBeGreaterThan(start.width * 1.2)
    await page.getByRole('button', { name: 'Show all' }).click()
    expect((await place(page, 'redis')).width).toBeCloseTo(start.width, 0)
    await expectNoErrors(opened)
  })

  test('without a mouse: Tab to a service, arrows to the next, Enter to choose', async () => {
    const opened = await openMap()
    const { page } = opened
    await page.locator('.map-svg').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-service'))).toBe('frontend')
    await page.keyboard.press('Enter')
    await page.getByRole('complementary', { name: 'Details' }).getByRole('heading', { name: 'frontend' }).waitFor()
    expect(await service(page, 'frontend').getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Zoom in')
    await expectNoErrors(opened)
  })

  test('finding marks services and keeps the text in the address', async () => {
    const opened = await openMap()
    const { page } = opened
    await page.getByLabel('Find').fill('PAY')
    await page.waitForURL(/uiFind=PAY/)
    expect(await page.locator('.map-node:not(.faded)').count()).toBe(1)
    await page.getByText(', 1 found').waitFor()
    await expectNoErrors(opened)
  })

  test('can be saved as a file that stands on its own', async () => {
    const opened = await openMap()
    const { page } = opened
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save as SVG' }).click()
    const stream = await (await download).createReadStream()
    const text = (await stream.toArray()).map(String).join('')
    const parsed = await page.evaluate((svg) => {
      const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement
      return [
        root.nodeName,
        [...root.querySelectorAll('text')].map((one) => one.textContent),
        root.innerHTML.includes('var('),
      ] as const
    }, text)
    expect(parsed[0]).toBe('svg')
    expect(parsed[1]).toContain('a/b "c" <&>')
    expect(parsed[2]).toBe(false)
    await expectNoErrors(opened)
  })
})

describe('the table', () => {
  test('says the same, sorts by every column, and leads to details', async () => {
    const opened = await rig.open('dependencies?view=table')
    const { page } = opened
    const rows = page.locator('.map-table tbody tr')
    await rows.first().waitFor()
    const column = async (n: number): Promise<string[]> => await rows.locator(`td:nth-child(${n})`).allInnerTexts()
    expect(await rows.count()).toBe(SHOP.length)
    expect(await column(3)).toEqual(
      SHOP.map(({ callCount }) => callCount)
        .toSorted((a, b) => b - a)
        .map((calls) => calls.toLocaleString('en')),
    )
    await page.getByRole('button', { name: 'Caller' }).click()
    expect(await page.getByRole('columnheader', { name: 'Caller' }).getAttribute('aria-sort')).toBe('ascending')
    expect(await column(1)).toEqual(SHOP.map(({ parent }) => parent))
    await page.getByRole('button', { name: 'Error share' }).click()
    expect((await column(5))[0]).toBe('100 %')
    await page.getByLabel('Find').fill('ledger')
    await expect.poll(() => rows.count()).toBe(2)
    await rows
      .first()
      .getByRole('button', { name: /calls?, details/ })
      .click()
    await page.getByRole('complementary', { name: 'Details' }).waitFor()
    await expectNoErrors(opened)
  })
})

describe('time', () => {
  test('the lookback is in the address and in the request; endTs too', async () => {
    rig.server.requests.length = 0
    const opened = await openMap('?lookback=6h&endTs=1787220000000')
    const { page } = opened
    expect(rig.server.requests).toContain('api/x/v1/dependencies?endTs=1787220000000&lookback=21600000')
    await page.getByLabel('Lookback').selectOption('7d')
    await expect
      .poll(() => rig.server.requests)
      .toContain('api/x/v1/dependencies?endTs=1787220000000&lookback=604800000')
    await page.getByRole('button', { name: /up to/ }).click()
    await expect.poll(() => where(page, rig.server)).toBe('dependencies?lookback=7d')
    const endOfLast = (): number => {
      const last = rig.server.requests.findLast((path) => path.startsWith('api/x/v1/dependencies'))
      return Number(new URL(last ?? '', 'http://x').searchParams.get('endTs'))
    }
    await expect.poll(() => Math.abs(endOfLast() - Date.now())).toBeLessThan(600_000)
    await expectNoErrors(opened)
  })
})

describe('little and much', () => {
  test('no calls at all: says so, and offers to look further back', async () => {
    rig.server.dependencies = []
    const opened = await rig.open('dependencies')
    const { page } = opened
    await page.getByRole('heading', { name: 'No calls between services in the last 24 hours' }).waitFor()
    await page.getByText('10 services have sent spans').waitFor()
    rig.server.dependencies = SHOP.slice(0, 1)
    await page.getByRole('button', { name: 'Look at the last 7 days' }).click()
    expect(await drawn(page)).toEqual(['ad-service', 'redis'])
    await expectNoErrors(opened)
  })

  test('an error is told, and can be tried again', async () => {
    rig.server.faults.set('api/x/v1/dependencies', { status: 503 })
    const opened = await rig.open('dependencies')
    await opened.page.getByText('the disk is on fire').waitFor()
    rig.server.faults.clear()
    await opened.page.getByRole('button', { name: 'Try again' }).click()
    expect((await drawn(opened.page)).length).toBe(12)
    await expectNoErrors(opened)
  })

  test.each([
    [100, 300],
    [200, 450],
  ])('%d services and %d connections are laid out off the page’s thread', async (services, edges) => {
    rig.server.dependencies = manyDependencies(services, edges)
    const opened = await rig.open('dependencies?view=table')
    const { page } = opened
    await page.locator('.map-table tbody tr').first().waitFor()
    // A page that stands still for long would not run this timer.
    await page.evaluate(() => {
      const seen = { last: performance.now(), longest: 0 }
      Object.assign(window, { seen })
      setInterval(() => {
        const now = performance.now()
        seen.longest = Math.max(seen.longest, now - seen.last)
        seen.last = now
      }, 10)
    })
    await page.getByRole('button', { name: 'Graph' }).click()
    expect((await drawn(page)).length).toBe(services)
    expect(await page.locator('.map-edge').count()).toBe(edges)
    const longest = await page.evaluate(() => (window as unknown as { seen: { longest: number } }).seen.longest)
    expect(longest).toBeLessThan(2000)
    await expectNoErrors(opened)
  })

  test('more than can be drawn: a word about it, a table, and neighbours', async () => {
    rig.server.dependencies = manyDependencies(600, 900)
    const opened = await rig.open('dependencies')
    const { page } = opened
    await page.getByRole('heading', { name: 'Too many services to draw at once' }).waitFor()
    await page.getByLabel('Around').selectOption('edge-000')
    expect(await drawn(page)).toContain('edge-000')
    await page.getByLabel('Around').selectOption('')
    await page.getByRole('button', { name: 'see them all in a table' }).click()
    await page.getByRole('button', { name: 'Show all 900 rows' }).click()
    await expect.poll(() => page.locator('.map-table tbody tr').count()).toBe(900)
    await expectNoErrors(opened)
  })
})
