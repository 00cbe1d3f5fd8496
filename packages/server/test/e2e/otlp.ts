// A small OTLP/HTTP JSON client for end-to-end tests: traces with known ids and contents, written by hand from the OTLP
// specification and not with Spoor's own encoder, so that the two cannot be wrong in the same way.

import { randomBytes } from 'node:crypto'

export interface SentTrace {
  readonly traceId: string
  readonly spanIds: readonly string[]
}

export interface MakeTrace {
  readonly service?: string
  readonly spans?: number
  readonly startNs?: bigint
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}

/** The JSON of one ResourceSpans with one trace: a root and its children, 1 ms apart. */
export function makeTrace(options: MakeTrace = {}): { sent: SentTrace; resourceSpans: object } {
  const { service = 'e2e', spans = 5, startNs = BigInt(Date.now()) * 1_000_000n } = options
  const traceId = hex(16)
  const spanIds = Array.from({ length: spans }, () => hex(8))
  const resourceSpans = {
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [
      {
        scope: { name: 'e2e' },
        spans: spanIds.map((spanId, i) => ({
          traceId,
          spanId,
          ...(i === 0 ? {} : { parentSpanId: spanIds[0] }),
          name: i === 0 ? 'root' : `step ${i}`,
          kind: i === 0 ? 2 : 1,
          startTimeUnixNano: String(startNs + BigInt(i) * 1_000_000n),
          endTimeUnixNano: String(startNs + BigInt(spans + i) * 1_000_000n),
          attributes: [{ key: 'step', value: { intValue: String(i) } }],
        })),
      },
    ],
  }
  return { sent: { traceId, spanIds }, resourceSpans }
}

/** Posts one request; the answer's status and body. Rejects where the connection fails. */
export async function postTraces(
  base: string,
  resourceSpans: readonly object[],
): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${base}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

interface JaegerAnswer {
  readonly data: readonly { readonly traceID: string; readonly spans: readonly { readonly spanID: string }[] }[] | null
}

/** The span ids that Jaeger's API shows for a trace, sorted; undefined where it knows none (404). */
export async function readSpanIds(query: string, traceId: string): Promise<string[] | undefined> {
  const answer = await fetch(`${query}/api/traces/${traceId}`)
  if (answer.status === 404) {
    await answer.arrayBuffer()
    return undefined
  }
  if (answer.status !== 200) throw new Error(`trace ${traceId}: ${answer.status} ${await answer.text()}`)
  const { data } = (await answer.json()) as JaegerAnswer
  return data?.[0]?.spans.map((span) => span.spanID).toSorted()
}
