// Files opened in the browser: recorded answers of a real Jaeger and recorded OTLP requests show the same trace; several
// files make one trace; what is wrong in a file is said with its place; nothing goes to the server.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNoErrors, row, shownRows, startRig, where, type Opened, type Rig } from './browser.ts'

const GOLDEN = new URL('../../server/test/golden/', import.meta.url)
/** The recorded shop trace: three services, one request each. */
const SHOP_ID = '5a00000000000001a000000000000001'

interface Upload {
  name: string
  mimeType: string
  buffer: Buffer
}

let rig: Rig
let otlp: Upload[]
let jaeger: Upload
/** What Jaeger 1.57 answered to the same spans. */
let answers: { request: string; body?: string }[]

function upload(name: string, content: string | Buffer): Upload {
  return { name, mimeType: 'application/json', buffer: Buffer.from(content) }
}

async function golden(path: string): Promise<string> {
  return await readFile(fileURLToPath(new URL(path, GOLDEN)), 'utf8')
}

beforeAll(async () => {
  rig = await startRig('/jaeger/')
  otlp = await Promise.all(
    [1, 2, 3].map(async (i) => upload(`shop-${i}.json`, await golden(`inputs/otlp-json/a-plain.${i}.json`))),
  )
  const packed = await readFile(fileURLToPath(new URL('answers/otlp-json.json.br', GOLDEN)))
  const recorded = JSON.parse(brotliDecompressSync(packed).toString()) as Record<string, { exchanges: typeof answers }>
  answers = recorded['1.57']?.exchanges ?? []
  jaeger = upload('shop jaeger.json', answered(SHOP_ID))
})
afterAll(() => rig.close())

function answered(id: string): string {
  const answer = answers.find(({ request }) => request === `GET /api/traces/${id}`)
  if (answer?.body === undefined) throw new Error(`no recorded answer for trace ${id}`)
  return answer.body
}

async function openFiles(files: readonly Upload[]): Promise<Opened> {
  const opened = await rig.open('search?view=files')
  await opened.page.getByRole('button', { name: 'Choose files' }).waitFor()
  await opened.page.locator('.files-side input[type=file]').setInputFiles([...files])
  await opened.page.getByRole('list', { name: 'Open files' }).waitFor()
  return opened
}

/** Key, value and type of a span's attributes on screen. */
async function attributesOf(page: Page, name: string): Promise<string[]> {
  await row(page, name).click()
  const details = page.getByRole('complementary', { name: 'Span details' })
  await details.getByRole('heading', { name }).waitFor()
  const lines = details.locator('.section').first().locator('tbody tr')
  await lines.first().waitFor()
  return await lines.evaluateAll((rows) =>
    rows.map((one) => ['th', '.value', '.type'].map((part) => one.querySelector(part)?.textContent ?? '').join('|')),
  )
}

test('OTLP and Jaeger JSON of one trace show the same: rows, durations, tags', async () => {
  const seen: { rows: unknown[]; tags: string[]; head: string }[] = []
  for (const files of [otlp, [jaeger]]) {
    rig.server.requests.length = 0
    const opened = await openFiles(files)
    const { page } = opened
    await page.locator('.result-link').first().click()
    const rows = await shownRows(page)
    expect(rows.length).toBe(4)
    const first = rows[0]?.name ?? ''
    seen.push({ rows, tags: await attributesOf(page, first), head: await page.locator('.facts').innerText() })
    expect(where(page, rig.server)).toContain(
      `trace/${SHOP_ID}?local=${encodeURIComponent(files[0]?.name ?? '').replaceAll('%20', '+')}`,
    )
    expect(rig.server.requests.filter((path) => path.startsWith('api/'))).toEqual(
      rig.server.requests.filter((path) => path === 'api/services'),
    )
    await expectNoErrors(opened)
  }
  const [fromOtlp, fromJaeger] = seen
  expect(fromJaeger?.rows).toEqual(fromOtlp?.rows)
  expect(fromJaeger?.head).toBe(fromOtlp?.head)
  // Jaeger writes what OTLP has fields for as tags too.
  expect(fromOtlp?.tags.length).toBeGreaterThan(0)
  expect(fromJaeger?.tags).toEqual(expect.arrayContaining(fromOtlp?.tags ?? []))
})

test.each([
  ['5a00000000000002b000000000000001', ['b-tags.1']],
  ['5a00000000000003c000000000000001', ['c-logs.1']],
  ['5a00000000000004d000000000000001', ['d-refs.1', 'd-refs.2']],
  ['5a00000000000006f000000000000001', ['f-otlp.1']],
])('trace %s has the same rows from OTLP and from Jaeger', async (id, inputs) => {
  const requests = await Promise.all(
    inputs.map(async (name) => upload(`${name}.json`, await golden(`inputs/otlp-json/${name}.json`))),
  )
  const seen: unknown[] = []
  for (const files of [requests, [upload('answer.json', answered(id))]]) {
    const opened = await openFiles(files)
    await opened.page.locator(`.result-link[href*="${id}"]`).click()
    const rows = await shownRows(opened.page)
    // A recorded answer has the warnings of the Jaeger that gave it.
    seen.push(rows.map((one) => ({ ...one, facts: one.facts.replace(', has warnings', '') })))
    await expectNoErrors(opened)
  }
  expect(seen[1]).toEqual(seen[0])
})

test('several files make one trace, and the same file twice does not double it', async () => {
  const opened = await openFiles(otlp.slice(0, 1))
  const { page } = opened
  const input = page.locator('.files-side input[type=file]')
  const counts: string[] = []
  for (const files of [otlp.slice(1), otlp.slice(0, 1), [{ ...(otlp[0] as Upload), name: 'copy.json' }]]) {
    await input.setInputFiles(files)
    await expect.poll(() => page.locator('.file-entry').count()).toBe(counts.length === 2 ? 4 : 3)
    await page.locator('.files-side .loading').waitFor({ state: 'detached' })
    expect(await page.locator('.result').count()).toBe(1)
    counts.push(await page.locator('.result-facts').innerText())
  }
  expect(new Set(counts).size).toBe(1)
  await page.getByRole('button', { name: 'Close shop-2.json' }).click()
  await expect.poll(() => page.locator('.result-facts').innerText()).not.toBe(counts[0])
  await expectNoErrors(opened)
})

test('dropped files, one document a line, gzip and Zipkin', async () => {
  const lines = otlp.map(({ buffer }) => JSON.stringify(JSON.parse(buffer.toString())))
  const opened = await rig.open('search')
  const { page } = opened
  await page.getByRole('heading', { name: 'Find traces' }).waitFor()
  const zipkin = [
    {
      traceId: 'abc',
      id: '1',
      name: 'zip',
      timestamp: 1_787_220_000_000_000,
      duration: 1500,
      localEndpoint: { serviceName: 'old' },
    },
  ]
  const transfer = await page.evaluateHandle(
    ([jsonl, old]) => {
      const data = new DataTransfer()
      data.items.add(new File([jsonl ?? ''], 'lines.jsonl'))
      data.items.add(new File([old ?? ''], 'zipkin.json'))
      return data
    },
    [lines.join('\n\n'), JSON.stringify(zipkin)],
  )
  await page.dispatchEvent('.search-main', 'dragenter', { dataTransfer: transfer })
  await page.locator('.drop-veil').waitFor()
  await page.dispatchEvent('.search-main', 'drop', { dataTransfer: transfer })
  await page.getByRole('heading', { name: '2 traces' }).waitFor()
  expect(await page.locator('.file-entry').allInnerTexts()).toEqual([
    expect.stringContaining('OTLP JSON, one a line, 1 trace'),
    expect.stringContaining('Zipkin JSON, 1 trace'),
  ])
  await page.locator('.files-side input[type=file]').setInputFiles([upload('packed.json.gz', gzipSync(jaeger.buffer))])
  await expect
    .poll(() => page.locator('.file-entry').allInnerTexts())
    .toContainEqual(expect.stringMatching(/packed\.json\.gz[^]*Jaeger JSON, 1 trace/))
  await page.getByRole('link', { name: 'old zip' }).click()
  expect((await shownRows(page)).map(({ name, facts }) => [name, facts])).toEqual([
    ['zip', 'starts 0 ns, lasts 1.5 ms, 100 %'],
  ])
  await expectNoErrors(opened)
})

test('what is wrong is named with its place, and the rest is kept', async () => {
  const good = (id: string): object => ({
    traceID: id,
    spans: [
      {
        traceID: id,
        spanID: 'a',
        operationName: `op ${id}`,
        startTime: 1_787_220_000_000_000,
        duration: 5,
        processID: 'p1',
      },
    ],
    processes: { p1: { serviceName: 'svc' } },
  })
  const bad = { ...good('b'), processes: {} }
  const opened = await openFiles([
    upload('mixed.json', JSON.stringify({ data: [good('a'), bad, good('c')] })),
    upload('cut.json', '{"data":[{"traceID":"a",'),
    upload(
      'lines.jsonl',
      `{"resourceSpans":[]}\n{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}\nnot json\n`,
    ),
    upload('other.json', '{"hello":1}'),
    upload('empty.json', ''),
    upload('binary.json', Buffer.from([0x0a, 0x12, 0xff, 0x00])),
  ])
  const { page } = opened
  await page.getByRole('button', { name: 'Close binary.json' }).waitFor()
  const said = async (name: string): Promise<string> =>
    await page.getByRole('list', { name: `Problems of ${name}` }).innerText()
  expect(await said('mixed.json')).toMatch(/^trace 2: bad JSON at .*processID: no process "p1"$/)
  expect(await said('cut.json')).toMatch(/JSON/)
  expect(await said('lines.jsonl')).toMatch(/^line 2: bad JSON at resourceSpans\[0\].*traceId.*\nline 3: .*JSON/)
  expect(await said('other.json')).toMatch(/no trace of Jaeger/)
  expect(await said('empty.json')).toBe('The file is empty.')
  expect(await said('binary.json')).toMatch(/JSON/)
  expect(await page.locator('.result-link').allInnerTexts()).toEqual(['svc op a', 'svc op c'])
  await expectNoErrors(opened)
})

test('a reload keeps them, closing forgets them, and a lost trace says so', async () => {
  const opened = await openFiles([jaeger])
  const { page } = opened
  await page.locator('.result-link').first().click()
  const before = await shownRows(page)
  await page.reload()
  expect(await shownRows(page)).toEqual(before)
  expect(await page.locator('.trace-title .tag').innerText()).toBe('file: shop jaeger.json')
  const address = page.url()
  await page.goto(`${rig.server.url}search?view=files`)
  await page.getByRole('button', { name: 'Close shop jaeger.json' }).click()
  await page.getByRole('heading', { name: 'No file is open' }).waitFor()
  await page.goto(address)
  await page.getByRole('heading', { name: 'This trace is from a file that is not open' }).waitFor()
  await page.locator('main input[type=file]').setInputFiles([jaeger])
  expect(await shownRows(page)).toEqual(before)
  await page.getByRole('link', { name: 'Spoor' }).click()
  await expectNoErrors(opened)
})

test('find, zoom and the address work as for stored traces', async () => {
  const opened = await openFiles(otlp)
  const { page } = opened
  await page.locator('.result-link').first().click()
  const rows = await shownRows(page)
  await page.keyboard.press('Control+b')
  await page.keyboard.type(rows[1]?.name ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL(/uiFind=/)
  expect(new URL(page.url()).searchParams.get('local')).toBe('shop-1.json')
  await row(page, rows[1]?.name ?? '').click()
  await page.waitForURL(/span=/)
  await page.getByRole('link', { name: 'Back to the results' }).click()
  await page.getByRole('heading', { name: '1 trace' }).waitFor()
  await expectNoErrors(opened)
})
