// Old links: every address Jaeger's UI ever wrote opens here and means the same.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoErrors, ODD, RANGE, SMALL, startRig, where, type Rig } from './browser.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig('/jaeger/')
})
afterAll(() => rig.close())

describe('search links', () => {
  test.each([
    [
      'as Jaeger writes them',
      `search?end=1787220000000000&limit=20&lookback=1h&maxDuration&minDuration&service=frontend&start=1787216400000000`,
      { service: 'frontend', limit: '20', lookback: '1h', start: '1787216400000000', end: '1787220000000000' },
      { Service: 'frontend', Lookback: '1h' },
    ],
    [
      'tags as JSON',
      `search?${RANGE}&tags=%7B%22error%22%3A%22true%22%2C%22http.url%22%3A%22a%20b%22%7D`,
      { tags: '{"error":"true","http.url":"a b"}' },
      { Tags: 'error=true http.url="a b"' },
    ],
    [
      'legacy tags',
      `search?${RANGE}&tag=error:true&tag=x:1`,
      { tags: '{"error":"true","x":"1"}' },
      { Tags: 'error=true x=1' },
    ],
    [
      'operation and durations',
      `search?${RANGE}&service=frontend&operation=HTTP%20GET%20%2Fdispatch&minDuration=1.2s&maxDuration=5m`,
      { operation: 'HTTP GET /dispatch', minDuration: '1.2s', maxDuration: '5m' },
      { Operation: 'HTTP GET /dispatch', 'Min duration': '1.2s' },
    ],
    [
      'all services',
      `search?${RANGE}&service=__all_services__&operation=all`,
      { service: null, operation: null },
      { Service: '' },
    ],
    [
      'a service with odd letters',
      `search?${RANGE}&service=a%2Fb%20c%26d`,
      { service: 'a/b c&d' },
      { Service: 'a/b c&d' },
    ],
    ['trace ids', `search?${RANGE}&traceID=${ODD}&traceID=${SMALL}`, { traceID: ODD }, {}],
  ] as const)('%s', async (_, path, asked, fields) => {
    rig.server.requests.length = 0
    const opened = await rig.open(path)
    await opened.page.locator('.results-head, .message').first().waitFor()
    const request = rig.server.requests.find((item) => item.startsWith('api/x/v1/search'))
    const query = new URL(request ?? '', 'http://x').searchParams
    for (const [name, value] of Object.entries(asked)) expect(query.get(name), name).toBe(value)
    for (const [label, value] of Object.entries(fields))
      expect(await opened.page.getByLabel(label, { exact: false }).first().inputValue(), label).toBe(value)
    await expectNoErrors(opened)
  })

  test('lookback alone gets concrete times, once, without a step back to the old address', async () => {
    const opened = await rig.open('search?service=frontend&lookback=1h')
    await opened.page.locator('.results-head').waitFor()
    const query = new URL(opened.page.url()).searchParams
    expect(Number(query.get('end')) - Number(query.get('start'))).toBe(3_600_000_000)
    expect(
      rig.server.requests.filter((item) => item.startsWith('api/x/v1/search') && !item.includes('start=')).length,
    ).toBe(0)
    expect(await opened.page.evaluate(() => history.length)).toBeLessThanOrEqual(2)
    await expectNoErrors(opened)
  })

  test('span=ID@TRACE opens the trace at the span', async () => {
    const opened = await rig.open(`search?span=00000000000000a2@${ODD}`)
    await opened.page.getByRole('complementary', { name: 'Span details' }).waitFor()
    expect(where(opened.page, rig.server)).toBe(`trace/${ODD}?uiFind=00000000000000a2`)
    await expectNoErrors(opened)
  })

  test('the base, with and without a slash, leads to search', async () => {
    const opened = await rig.open('')
    await opened.page.getByRole('heading', { name: 'Find traces' }).waitFor()
    expect(where(opened.page, rig.server)).toBe('search')
    await expectNoErrors(opened)
  })
})

describe('trace links', () => {
  test.each([
    ['32 digits', ODD, ODD],
    ['upper case', ODD.toUpperCase(), ODD],
    ['16 digits and fewer', 'a1', SMALL],
    ['base64', encodeURIComponent('S/kvNXezTaajzpKdDg5HNg=='), ODD],
    ['base64url', 'S_kvNXezTaajzpKdDg5HNg', ODD],
    ['dashes', '4bf92f35-77b3-4da6-a3ce-929d0e0e4736', ODD],
  ])('%s', async (_, id, canonical) => {
    const opened = await rig.open(`trace/${id}?uiTheme=dark`)
    await opened.page.locator('.tl-row').first().waitFor()
    await opened.page.waitForURL(`**/jaeger/trace/${canonical}?uiTheme=dark`)
    expect(await opened.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
    await expectNoErrors(opened)
  })

  test('uiFind with a text finds it, with a span id opens its details', async () => {
    const opened = await rig.open(`trace/${ODD}?uiFind=loop`)
    await opened.page.getByText('– / 3').waitFor()
    expect(await opened.page.locator('.inspector').count()).toBe(0)
    await opened.page.goto(`${rig.server.url}trace/${ODD}?uiFind=00000000000000a3`)
    await opened.page.locator('.inspector h2', { hasText: 'com.example.very.long' }).waitFor()
    await expectNoErrors(opened)
  })

  test('t restores the zoom', async () => {
    const opened = await rig.open(`trace/${ODD}?t=100000-200000`)
    await opened.page.getByRole('button', { name: '100 ms – 200 ms' }).waitFor()
    await expectNoErrors(opened)
  })

  test('embedding hides the bar and what the link says', async () => {
    const opened = await rig.open(`trace/${ODD}?uiEmbed=v0&uiTimelineCollapseTitle=1&uiTimelineHideMinimap=1`)
    await opened.page.locator('.tl-row').first().waitFor()
    const link = await opened.page.getByRole('link', { name: 'Open in Spoor' }).getAttribute('href')
    expect(link).toBe(`/jaeger/trace/${ODD}`)
    for (const part of ['.top-bar', '.trace-header', '.minimap'])
      expect(await opened.page.locator(part).count(), part).toBe(0)
    await expectNoErrors(opened)
  })
})

test.each([
  ['trace/a...b', 'Comparing traces'],
  ['trace/...', 'Comparing traces'],
  ['monitor?service=x', 'The monitor'],
  ['deep-dependencies?service=x', 'The deep system map'],
  ['quality-metrics', 'Trace quality'],
])('%s opens and says that it is not there yet', async (path, what) => {
  const opened = await rig.open(path)
  await opened.page.getByRole('heading', { name: `${what} is not part of this version yet` }).waitFor()
  await expectNoErrors(opened)
})

test('everything is asked below the base path', async () => {
  rig.server.requests.length = 0
  const opened = await rig.open(`trace/${ODD}?span=00000000000000a2`)
  await opened.page.getByText('upstream timed out').waitFor()
  const wrong = rig.server.requests.filter((item) => !/^(static\/|api\/|trace\/)/.test(item))
  expect(wrong).toEqual([])
  expect(rig.server.requests.filter((item) => item.startsWith('trace/')).length, 'only the page itself').toBe(1)
  await expectNoErrors(opened)
})
