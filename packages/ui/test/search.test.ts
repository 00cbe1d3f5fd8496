// The search page: from the form to the trace, without a service, with errors, with very many results.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { expectNoErrors, ODD, RANGE, startRig, where, type Rig } from './browser.ts'
import { fakeSummaries } from './fake-data.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
afterEach(() => {
  rig.server.faults.clear()
  rig.server.requests.length = 0
})

/** Requests for traces; not those that only count. */
function searches(): URLSearchParams[] {
  return rig.server.requests
    .filter((item) => item.startsWith('api/x/v1/search'))
    .map((item) => new URL(item, 'http://x').searchParams)
    .filter((params) => !params.has('count') && !params.has('facets'))
}

function lastSearch(): URLSearchParams {
  return searches().at(-1) ?? new URLSearchParams()
}

test('searches without a service, sorts, and opens a trace', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  await page.getByRole('button', { name: 'Find traces' }).click()
  await page.getByRole('heading', { name: '20 of 60 traces' }).waitFor()
  expect(lastSearch().has('service')).toBe(false)
  const durations = async (): Promise<string[]> => await page.locator('.result-duration').allTextContents()
  await page.getByRole('combobox', { name: 'Sort loaded' }).selectOption('longest')
  const longest = (await durations())[0]
  await page.getByRole('combobox', { name: 'Sort loaded' }).selectOption('shortest')
  expect((await durations())[0]).not.toBe(longest)
  await page.getByRole('combobox', { name: 'Sort loaded' }).selectOption('recent')
  await page.getByRole('link', { name: 'gateway GET /orders' }).click()
  await page.locator('.tl-row').first().waitFor()
  expect(where(page, rig.server)).toBe(`trace/${ODD}`)
  await page.getByRole('link', { name: 'Back to the results' }).click()
  await page.getByRole('heading', { name: '20 of 60 traces' }).waitFor()
  expect(searches().length, 'back does not ask again').toBe(1)
  await expectNoErrors(opened)
})

test('the form becomes the address and the request', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  const service = page.getByRole('combobox', { name: 'Service' })
  await service.click()
  await service.fill('cust')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect(await service.inputValue()).toBe('customer')
  const operation = page.getByRole('combobox', { name: 'Operation' })
  await operation.click()
  await page.getByRole('option', { name: 'customer operation 3' }).click()
  await operation.fill('anything else')
  await page.keyboard.press('Escape')
  await page.getByLabel('Tags').fill('http.status_code=500 msg="a b"')
  await page.getByLabel('Min duration').fill('1.5ms')
  await page.getByLabel('Limit').fill('7')
  await page.getByLabel('Lookback').selectOption('custom')
  await page.getByLabel(/^From/).fill('2026-08-20T11:00:00')
  await page.getByLabel(/^To /).fill('2026-08-20T12:30:01')
  await page.keyboard.press('Enter')
  await page.locator('.results-head').waitFor()
  const wanted = {
    service: 'customer',
    operation: 'anything else',
    tags: '{"http.status_code":"500","msg":"a b"}',
    minDuration: '1.5ms',
    limit: '7',
    lookback: 'custom',
    start: '1787216400000000',
    end: '1787221801000000',
  }
  expect(Object.fromEntries(lastSearch())).toEqual(wanted)
  expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual(wanted)
  await expectNoErrors(opened)
})

test('times follow the chosen zone', async () => {
  const opened = await rig.open(`search?${RANGE.replace('1h', 'custom')}`)
  const { page } = opened
  await page.locator('.result').first().waitFor()
  expect(await page.getByLabel('To (UTC+02:00)').inputValue()).toBe('2026-08-20T12:00')
  await page.getByRole('button', { name: 'Time zone: Local' }).click()
  expect(await page.getByLabel('To (UTC)').inputValue()).toBe('2026-08-20T10:00')
  expect(await page.locator('.result-time time').first().textContent()).toMatch(/^2026-08-20 (09|10):/)
  await page.reload()
  await page.getByRole('button', { name: 'Time zone: UTC' }).waitFor()
  await expectNoErrors(opened)
})

test('says what is wrong with a field and does not search', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  await page.getByLabel('Tags').fill('a="b')
  await page.getByText('Not understood').waitFor()
  await page.getByLabel('Min duration').fill('5 apples')
  await page.getByText('Write a number and a unit').waitFor()
  expect(await page.getByRole('button', { name: 'Find traces' }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Reset' }).click()
  expect(await page.getByRole('button', { name: 'Find traces' }).isDisabled()).toBe(false)
  await expectNoErrors(opened)
})

test('recent searches come back', async () => {
  const opened = await rig.open('search')
  const { page } = opened
  await page.getByLabel('Tags').fill('error=true')
  await page.getByRole('button', { name: 'Find traces' }).click()
  await page.locator('.results-head').waitFor()
  await page.goto(`${rig.server.url}search`)
  await page.getByRole('link', { name: 'Any service error=true Last hour' }).click()
  await page.locator('.results-head').waitFor()
  expect(lastSearch().get('tags')).toBe('{"error":"true"}')
  await expectNoErrors(opened)
})

test('nothing found, partial answers and an empty server explain themselves', async () => {
  const before = rig.server.summaries
  rig.server.summaries = []
  const opened = await rig.open(`search?${RANGE}&service=cart&minDuration=1s`)
  await opened.page.getByRole('heading', { name: 'No trace matches' }).waitFor()
  await opened.page.getByText('Take away a condition (duration)').waitFor()
  rig.server.summaries = before
  rig.server.partial = true
  await opened.page.reload()
  await opened.page.getByText('The search stopped when it had used up its time').waitFor()
  rig.server.partial = false
  const { services } = rig.server
  rig.server.services = []
  await opened.page.goto(`${rig.server.url}search`)
  await opened.page.getByRole('heading', { name: 'No spans have arrived yet' }).waitFor()
  expect(await opened.page.locator('pre').textContent()).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318')
  rig.server.services = services
  await expectNoErrors(opened)
})

test('a failing, a slow and a broken search each say so, and can be repeated', async () => {
  rig.server.faults.set('api/x/v1/search', { status: 500 })
  const opened = await rig.open(`search?${RANGE}`)
  const { page } = opened
  await page.getByText('the disk is on fire').waitFor()
  rig.server.faults.set('api/x/v1/search', { status: 400, body: 'unknown parameter "limit"' })
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('unknown parameter "limit"').waitFor()
  rig.server.faults.set('api/x/v1/search', 'cut')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('cut short').waitFor()
  rig.server.faults.set('api/x/v1/search', { status: 200, body: '{"traces":[{"traceId":7}]}' })
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('not what this page expects').waitFor()
  rig.server.faults.set('api/x/v1/search', 'hang')
  await page.reload()
  await page.getByText('Searching…').first().waitFor()
  rig.server.faults.clear()
  await page.reload()
  await page.locator('.result').first().waitFor()
  await expectNoErrors(opened)
})

test('the scatter plot opens the trace under the pointer', async () => {
  rig.server.summaries = rig.server.summaries.slice(1, 2)
  const opened = await rig.open(`search?${RANGE}`)
  const { page } = opened
  const canvas = page.getByRole('img', { name: /^Scatter plot of 1 trace / })
  await canvas.waitFor()
  const box = await canvas.boundingBox()
  if (box === null) throw new Error('no plot')
  // A single trace lies in the middle of the time axis, near the top of the duration axis.
  const x = box.x + 58 + (box.width - 72) / 2
  for (let y = box.y + 8; y < box.y + 60 && (await page.locator('.chart-tip').count()) === 0; y += 3)
    await page.mouse.move(x, y)
  expect(await page.locator('.chart-tip').textContent()).toContain('gateway: GET /orders')
  await page.mouse.down()
  await page.mouse.up()
  await page.locator('.tl-row').first().waitFor()
  expect(where(page, rig.server)).toBe(`trace/${ODD}`)
  rig.server.summaries = fakeSummaries(60)
  await expectNoErrors(opened)
})

test('1,500 results stay light', async () => {
  rig.server.summaries = fakeSummaries(1500)
  const opened = await rig.open(`search?${RANGE}&limit=1500`)
  const { page } = opened
  await page.getByRole('heading', { name: '1,500 traces' }).waitFor()
  const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length)
  expect(await nodes()).toBeLessThanOrEqual(2500)
  await page.locator('.result-scroll').evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await page.locator('[aria-posinset="1500"]').waitFor()
  expect(await nodes()).toBeLessThanOrEqual(2500)
  await expectNoErrors(opened)
})
