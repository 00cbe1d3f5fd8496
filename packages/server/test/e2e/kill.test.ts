// An acknowledgement is a promise: the process is killed under load, many times, and what it acknowledged is there after
// the next start, exactly once; a trace that was not acknowledged is there whole or not at all.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSpoor } from '@spoor/testkit/spoor/start'
import { makeTrace, postTraces, readSpanIds, type SentTrace } from './otlp.ts'

const ROUNDS = 20
const WRITERS = 4
/** Heads this small can both be taken while the machine is busy. */
const FULL = 429
/** Requests acknowledged in a round before the kill, so that every round has something to lose. */
const ACKNOWLEDGED_BEFORE_KILL = 60

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'spoor-kill-'))
})
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

interface Round {
  readonly acknowledged: SentTrace[]
  readonly unanswered: SentTrace[]
}

/** Writes until the connection breaks; calls `enough` once after the given number of acknowledgements. */
async function writeUntilKilled(base: string, enough: () => void): Promise<Round> {
  const round: Round = { acknowledged: [], unanswered: [] }
  const writer = async (): Promise<void> => {
    for (;;) {
      const { sent, resourceSpans } = makeTrace({ service: 'kill' })
      try {
        const { status } = await postTraces(base, [resourceSpans])
        if (status === FULL) {
          round.unanswered.push(sent) // Refused: it must not be there in part.
          continue
        }
        expect(status).toBe(200)
        round.acknowledged.push(sent)
        if (round.acknowledged.length === ACKNOWLEDGED_BEFORE_KILL) enough()
      } catch (thrown) {
        if (!(thrown instanceof TypeError)) throw thrown // fetch reports a broken connection as a TypeError
        round.unanswered.push(sent)
        return
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  return round
}

async function expectWhole(query: string, round: Round): Promise<void> {
  for (const sent of round.acknowledged) {
    expect(await readSpanIds(query, sent.traceId), sent.traceId).toEqual(sent.spanIds.toSorted())
  }
  for (const sent of round.unanswered) {
    const found = await readSpanIds(query, sent.traceId)
    if (found !== undefined) expect(found, sent.traceId).toEqual(sent.spanIds.toSorted())
  }
}

test(
  `kill -9 under load, ${ROUNDS} times: every acknowledged batch is there exactly once`,
  { timeout: 240_000 },
  async () => {
    // Small heads, so that kills also fall into sealing.
    const args = ['--segments.head-spans=512']
    const rounds: Round[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const spoor = await startSpoor({ dataDir, args })
      const last = rounds.at(-1)
      if (last !== undefined) await expectWhole(spoor.url.query, last)
      try {
        rounds.push(await writeUntilKilled(spoor.url.otlpHttp, () => void spoor.kill()))
      } finally {
        await spoor.kill()
      }
    }
    const spoor = await startSpoor({ dataDir, args })
    for (const round of rounds) await expectWhole(spoor.url.query, round)
    await spoor.stop()
  },
)
