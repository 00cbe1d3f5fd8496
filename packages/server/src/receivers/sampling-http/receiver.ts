// The HTTP port of the Jaeger agent (5778): GET /sampling, its older form at the root, GET /baggageRestrictions. Takes no
// spans; it is a receiver because clients reach it where they reach those.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createHttpServer } from '../api/http-server.ts'
import { answerNotFound } from '../api/plain-answer.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { reportTo } from '../api/report.ts'
import { createSamplingAnswers, type Question } from '../api/sampling-answers.ts'
import type { SamplingHttpConfig } from './config.ts'

export const SAMPLING_HTTP = 'sampling-http'

const QUESTIONS: ReadonlyMap<string, Question> = new Map([
  ['/sampling', 'sampling'],
  ['/', 'sampling-legacy'],
  ['/baggageRestrictions', 'baggage'],
])
const READ_HEADER_TIMEOUT_MS = 2000
const READ_TIMEOUT_MS = 10_000
/** Clients ask once a minute. */
const IDLE_TIMEOUT_MS = 120_000

export function createSamplingHttpReceiver(config: SamplingHttpConfig, host: ReceiverHost): Receiver {
  const report = reportTo(host, SAMPLING_HTTP)
  const answers = createSamplingAnswers({
    host,
    report,
    requests: 'jaeger_agent_http_server_requests_total',
    errors: 'jaeger_agent_http_server_errors_total',
    baggageText: 'collector error: baggage not implemented',
  })
  const handle = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = QUESTIONS.get(request.url?.split('?', 1)[0] ?? '')
    if (question === undefined) {
      report('unknown_path', 0)
      answerNotFound(response)
    } else {
      answers(question, request, response)
    }
    return Promise.resolve()
  }
  const server = createHttpServer({
    what: 'Sampling HTTP',
    readHeaderTimeoutMs: READ_HEADER_TIMEOUT_MS,
    readTimeoutMs: READ_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    handle,
    onCall: report,
  })
  return {
    start: async () => (config.listen === 'off' ? [] : [await server.start(config.listen)]),
    stop: () => server.stop(),
  }
}
