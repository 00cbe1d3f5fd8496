// What a person sees of a span that a program sent: the trace page of the real UI in a real browser, the span opened.

import { expect } from 'vitest'
import type { ValueJson } from '@spoor/core/api/span-detail'
import type { launchChromium } from '@spoor/testkit/browser/chromium'
import type { SentSpan } from './programs.ts'

export type Browser = Awaited<ReturnType<typeof launchChromium>>

/** How the inspector writes a plain value; undefined for lists and maps, which it folds. */
function written({ type, ...rest }: ValueJson): string | undefined {
  const value = 'value' in rest ? rest.value : ''
  if (value === '') return 'empty string' // said in words: nothing at all would look like a mistake
  return typeof value === 'object' || type === 'bytes' ? undefined : String(value)
}

/** Opens the span by its link and compares what stands there with what was sent. */
export async function checkOnScreen(browser: Browser, root: string, sent: SentSpan): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC' })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${root}/trace/${sent.traceId}?uiFind=${sent.spanId}`)
  const inspector = page.locator('.inspector')
  await inspector.getByRole('heading', { name: sent.name, exact: true }).waitFor()
  await inspector.getByText(sent.statusMessage).first().waitFor()
  for (const section of ['Attributes', 'Events', 'Links', 'Resource']) {
    await inspector.getByRole('heading', { name: section, exact: true }).waitFor()
  }
  const rows = await inspector
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => ['th', '.value', '.type'].map((part) => row.querySelector(part)?.textContent)),
    )
  const attributes = [sent, ...sent.events, ...sent.links, sent.resource].flatMap((part) => part.attributes)
  for (const { key, value } of attributes) {
    const text = written(value)
    const row = [key, text ?? (expect.any(String) as string), value.type]
    // A stack trace is folded on the screen.
    if (text === undefined || text.length < 200) expect(rows, `${key} of ${sent.name}`).toContainEqual(row)
    else expect(rows.map(([shown]) => shown)).toContain(key)
  }
  const text = await inspector.innerText()
  for (const event of sent.events) expect(text).toContain(event.name)
  for (const link of sent.links) expect(text).toContain(link.traceId)
  await page.close()
  expect(complaints).toEqual([])
}
