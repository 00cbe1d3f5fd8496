// The query line, facets, orders and pages of the search page: everything by keyboard, everything in the address, and searches
// that end when nobody waits for them.

import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { expectNoErrors, RANGE, startRig, where, type Rig } from './browser.ts'
import { fakeSummaries } from './fake-data.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
afterEach(() => {
  rig.server.faults.clear()
  rig.server.requests.length = 0
  rig.server.aborted.length = 0
})

const queryLine = (page: Page) => page.getByRole('textbox', { name: 'Query' })
const results = (page: Page) => page.locator('.result').first()

/** The address's parameters. */
function parameters(page: Page): URLSearchParams {
  return new URL(page.url()).searchParams
}

function searches(): URLSearchParams[] {
  return rig.server.requests
    .filter((item) => item.startsWith('api/x/v1/search'))
    .map((item) => new URL(item, 'http://x').searchParams)
    .filter((params) => !params.has('count') && !params.has('facets'))
}

async function options(page: Page): Promise<string[]> {
  return await page.locator('.query-options li span:first-child').allTextContents()
}

test('a query is written with the keyboard alone, each word offered in its place', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  await queryLine(page).focus()
  expect(await page.getByRole('listbox').count(), 'no list before anything is typed').toBe(0)
  await page.keyboard.type('ser')
  await expect.poll(() => options(page)).toEqual(['service'])
  await page.keyboard.press('ArrowDown')
  expect(await queryLine(page).getAttribute('aria-activedescendant')).toMatch(/option-0$/)
  await page.keyboard.press('Tab')
  await expect.poll(() => options(page)).toContain('=~')
  await page.keyboard.type('= サ')
  await expect.poll(() => options(page)).toEqual(['サービス'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect.poll(() => options(page)).toEqual(['and', 'or'])
  await page.keyboard.type('and http.r')
  await expect.poll(() => options(page)).toEqual(['http.route'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type('= /o')
  await expect.poll(() => options(page)).toEqual(['/orders', '/orders/{id}'])
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.keyboard.type('resource:ho')
  await expect.poll(() => options(page)).toEqual(['resource:host.name'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type('= "a n')
  await expect.poll(() => options(page)).toEqual(['a node'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const text = 'service = サービス and http.route = /orders/{id} resource:host.name = "a node" '
  expect(await queryLine(page).inputValue()).toBe(text)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  await page.locator('.results-head, .message').first().waitFor()
  expect(parameters(page).get('q')).toBe(text)
  expect(searches().at(-1)?.get('q')).toBe(text)
  await expectNoErrors(opened)
})

test('a mistake is marked in its place and nothing is searched', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  await queryLine(page).fill('service = cart and duration > 5 or kind = x')
  await page.getByText('At character 31: expected a duration').waitFor()
  expect(await page.locator('.query-mirror mark').textContent()).toBe('5')
  const [mark, area] = [await page.locator('.query-mirror mark').boundingBox(), await queryLine(page).boundingBox()]
  expect((mark?.x ?? 0) - (area?.x ?? 0), 'below the letter').toBeGreaterThan(200)
  expect(await queryLine(page).getAttribute('aria-invalid')).toBe('true')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  expect(where(page, rig.server)).toBe('search')
  expect(await queryLine(page).evaluate((element: HTMLTextAreaElement) => element.selectionStart)).toBe(30)
  await queryLine(page).fill('service = cart and (duration >')
  expect(await page.locator('.query-field .field-error').count(), 'half a query is no mistake').toBe(0)
  await page.getByLabel('Tags').focus()
  await page.getByText('At character 31: expected a value').waitFor()
  await page.goto(`${rig.server.url}search?${RANGE}&q=a+%3D`)
  await page.getByRole('heading', { name: 'This query is not understood' }).waitFor()
  expect(searches()).toEqual([])
  await expectNoErrors(opened)
})

test('the form becomes a query and the query a form, and both ask for the same', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  await page.getByRole('combobox', { name: 'Service' }).fill('cart')
  await page.getByLabel('Tags').fill('http.status_code=500 msg="a b"')
  await page.getByLabel('Min duration').fill('1.5ms')
  await queryLine(page).fill('kind = server or kind = client')
  await page.getByRole('button', { name: 'Write the form as a query' }).click()
  const text =
    'service = cart and duration >= 1.5ms and http.status_code = 500 and msg = "a b" and (kind = server or kind = client)'
  expect(await queryLine(page).inputValue()).toBe(text)
  for (const label of ['Tags', 'Min duration']) expect(await page.getByLabel(label).inputValue()).toBe('')
  await page.getByRole('button', { name: 'Put it into the form' }).click()
  expect(await queryLine(page).inputValue()).toBe('kind = server or kind = client')
  expect(await page.getByRole('combobox', { name: 'Service' }).inputValue()).toBe('cart')
  expect(await page.getByLabel('Tags').inputValue()).toBe('http.status_code=500 msg="a b"')
  expect(await page.getByLabel('Min duration').inputValue()).toBe('1.5ms')
  await expectNoErrors(opened)
})

test('an order of all matches, page after page by cursor, back and forward', async () => {
  const opened = await rig.open(`search?${RANGE}&limit=20`)
  const { page } = opened
  const heading = page.locator('.results-head h1')
  await expect.poll(() => heading.textContent()).toBe('20 of 60 traces')
  await page.getByRole('combobox', { name: 'Order' }).selectOption('errors')
  await expect.poll(() => searches().at(-1)?.get('order')).toBe('errors')
  expect(parameters(page).get('order')).toBe('errors')
  expect(await page.getByRole('combobox', { name: 'Sort loaded' }).inputValue()).toBe('found')
  const bottom = () => page.locator('.result-scroll').evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await bottom()
  await page.getByRole('button', { name: 'Load 20 more' }).click()
  await expect.poll(() => heading.textContent()).toBe('40 of 60 traces')
  expect(searches().at(-1)?.get('cursor')).toBe('20')
  await page.goBack()
  await expect.poll(() => page.getByRole('combobox', { name: 'Order' }).inputValue()).toBe('newest')
  await page.goForward()
  await expect.poll(() => heading.textContent()).toBe('40 of 60 traces')
  const asked = searches().filter((params) => params.get('order') === 'errors')
  expect(asked, 'the pages were still there').toHaveLength(2)
  await page.getByRole('combobox', { name: 'Sort loaded' }).selectOption('shortest')
  expect(parameters(page).get('sort')).toBe('shortest')
  await expectNoErrors(opened)
})

test('facets add and take away conditions, and are in the link', async () => {
  const opened = await rig.open(`search?${RANGE}&q=a+%3D+1+or+b+%3D+2`)
  const { page } = opened
  await page.getByRole('button', { name: /^Status error [\d.k]+ spans$/ }).click()
  await expect.poll(() => parameters(page).get('q')).toBe('(a = 1 or b = 2) and status = error')
  expect(await queryLine(page).inputValue()).toBe('(a = 1 or b = 2) and status = error')
  await page.getByRole('button', { name: 'Not Kind client' }).click()
  await page.getByRole('button', { name: /^Service cart / }).click()
  await expect.poll(() => parameters(page).get('service')).toBe('cart')
  expect(parameters(page).get('q')).toBe('(a = 1 or b = 2) and status = error and not kind = client')
  const kind = page.getByRole('button', { name: /^Kind not client/ })
  expect(await kind.getAttribute('aria-pressed')).toBe('true')
  await kind.click()
  await page.getByRole('button', { name: /^Service cart / }).click()
  await expect.poll(() => parameters(page).has('service')).toBe(false)
  await page.getByRole('button', { name: /^Status error / }).click()
  await expect.poll(() => parameters(page).get('q')).toBe('a = 1 or b = 2')
  const add = page.getByRole('combobox', { name: 'Count by' })
  await add.fill('resource:host.name')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^resource:host.name node-7 / }).click()
  await expect.poll(() => parameters(page).get('q')).toBe('(a = 1 or b = 2) and resource:host.name = node-7')
  expect(parameters(page).getAll('facet')).toEqual(['resource:host.name'])
  await page.reload()
  const chosen = page.getByRole('button', { name: /^resource:host.name node-7 / })
  await expect.poll(() => chosen.getAttribute('aria-pressed')).toBe('true')
  await page.getByRole('button', { name: 'Remove resource:host.name' }).click()
  await expect.poll(() => parameters(page).has('facet')).toBe(false)
  await expectNoErrors(opened)
})

test('a search that is stopped or left is given up on the server too', async () => {
  rig.server.faults.set('api/x/v1/search', 'hang')
  const opened = await rig.open(`search?${RANGE}`)
  const { page } = opened
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('heading', { name: 'The search was stopped' }).waitFor()
  await expect.poll(() => rig.server.aborted.length).toBe(1)
  await page.getByRole('button', { name: 'Search again' }).click()
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await page.getByRole('link', { name: 'Dependencies' }).click()
  await page.locator('.map-node').first().waitFor()
  await expect.poll(() => rig.server.aborted.length).toBe(2)
  rig.server.faults.clear()
  await page.goBack()
  await results(page).waitFor()
  await expectNoErrors(opened)
})

test('what a search did is explained, and why an answer is partial', async () => {
  rig.server.partial = true
  const opened = await rig.open(`search?${RANGE}&q=duration+%3E+1ms`)
  const { page } = opened
  await page.getByText('The search stopped when it had used up its time').waitFor()
  await page.getByText('Counted in part').waitFor()
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.locator('.explanation', { hasText: 'duration > 1ms' }).waitFor()
  expect((await page.locator('.explanation').innerText()).replace(/\s+/g, ' ')).toContain('61 traces, turned down 1')
  expect(parameters(page).get('explain')).toBe('1')
  rig.server.partial = false
  await expectNoErrors(opened)
})

test('two pages of 1,500 are as light as one', async () => {
  rig.server.summaries = fakeSummaries(3000)
  const opened = await rig.open(`search?${RANGE}&limit=1500`)
  const { page } = opened
  await results(page).waitFor()
  await page.locator('.result-scroll').evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await page.getByRole('button', { name: 'Load 1,500 more' }).click()
  await page.getByRole('heading', { name: '3,000 traces' }).waitFor()
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThanOrEqual(2500)
  expect(await page.getByRole('button', { name: /^Load/ }).count(), 'no more').toBe(0)
  rig.server.summaries = fakeSummaries(60)
  await expectNoErrors(opened)
})
