// What a person sees of a span that a program sent: the trace page of the real UI in a real browser, the span opened.

import { expect } from 'vitest'
import type { ValueJson } from '@spoor/core/api/span-detail'
import type { launchChromium } from '@spoor/testkit/browser/chromium'
import type { SentSpan } from './otlp-report.ts'

export type Browser = Awaited<ReturnType<typeof launchChromium>>

/** How the inspector writes a plain value; undefined for lists and maps, which it folds. */
function written({ type, ...rest }: ValueJson): string | undefined {
  const value = 'value' in rest ? rest.value : ''
  if (value === '') return 'empty string' // said in words: nothing at all would look like a mistake
  return typeof value === 'object' || type === 'bytes' ? undefined : String(value)
}

/** What the inspector shows of a span opened by its link: rows of key, value and type, and all its text. */
export interface Inspector {
  readonly rows: (string | null | undefined)[][]
  readonly text: string
}

export async function openInspector(
  browser: Browser,
  root: string,
  span: { traceId: string; spanId: string; name: string },
  headings: readonly string[] = [],
): Promise<Inspector> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC' })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${root}/trace/${span.traceId}?uiFind=${span.spanId}`)
  const inspector = page.locator('.inspector')
  for (const name of [span.name, 'Attributes', 'Events', 'Resource', ...headings]) {
    await inspector.getByRole('heading', { name, exact: true }).waitFor()
  }
  const rows = await inspector
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => ['th', '.value', '.type'].map((part) => row.querySelector(part)?.textContent)),
    )
  const text = await inspector.innerText()
  await page.close()
  expect(complaints).toEqual([])
  return { rows, text }
}

/** Opens the span by its link and compares what stands there with what was sent. */
export async function checkOnScreen(browser: Browser, root: string, sent: SentSpan): Promise<void> {
  const { rows, text } = await openInspector(browser, root, sent, ['Links'])
  const attributes = [sent, ...sent.events, ...sent.links, sent.resource].flatMap((part) => part.attributes)
  for (const { key, value } of attributes) {
    const plain = written(value)
    const row = [key, plain ?? (expect.any(String) as string), value.type]
    // A stack trace is folded on the screen.
    if (plain === undefined || plain.length < 200) expect(rows, `${key} of ${sent.name}`).toContainEqual(row)
    else expect(rows.map(([shown]) => shown)).toContain(key)
  }
  expect(text).toContain(sent.statusMessage)
  for (const event of sent.events) expect(text).toContain(event.name)
  for (const link of sent.links) expect(text).toContain(link.traceId)
}
