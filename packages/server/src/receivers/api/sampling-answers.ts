// What clients ask beside sending spans: how much to record, and which baggage they may carry. One set of answers for the
// two ports that give them (5778 and 14268), with Jaeger's texts and counters.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { legacyStrategyJson, strategyJson } from '../../sampling/answers.ts'
import type { Strategy } from '../../sampling/strategies.ts'
import type { MetricName } from '../../telemetry/names.ts'
import { answer } from './http-server.ts'
import { answerText, answerWrongMethod } from './plain-answer.ts'
import type { ReceiverHost } from './receiver.ts'
import type { Report } from './report.ts'

/** `sampling-legacy`: the type's number in place of its name. */
export type Question = 'sampling' | 'sampling-legacy' | 'baggage'

export interface SamplingAnswersOptions {
  readonly host: ReceiverHost
  readonly report: Report
  /** Where good and bad answers are counted. */
  readonly requests: Extract<MetricName, `jaeger_${string}_http_server_requests_total`>
  readonly errors: Extract<MetricName, `jaeger_${string}_http_server_errors_total`>
  /** Jaeger's two ports say it in different words. */
  readonly baggageText: string
}

export type SamplingAnswers = (question: Question, request: IncomingMessage, response: ServerResponse) => void

export function createSamplingAnswers(options: SamplingAnswersOptions): SamplingAnswers {
  const { host, report, requests, errors, baggageText } = options
  const write = (question: Question, strategy: Strategy): string =>
    question === 'sampling' ? strategyJson(strategy) : legacyStrategyJson(strategy)
  return (question, request, response) => {
    if (request.method !== 'GET') {
      report('method_not_allowed', 0)
      answerWrongMethod(response, 'GET')
      return
    }
    const service = oneService(request.url ?? '')
    if (service === undefined) {
      report('service_parameter', 0)
      host.metrics.add(errors, { source: 'all', status: '4xx' })
      answerText(response, 400, "'service' parameter must be provided once")
    } else if (question === 'baggage') {
      // No Jaeger has ever had restrictions to give. An empty list would forbid clients all baggage.
      report('baggage_restrictions', 0)
      host.metrics.add(errors, { source: 'collector-proxy', status: '5xx' })
      answerText(response, 500, baggageText)
    } else {
      report('ok', 0)
      host.metrics.add(requests, { type: question })
      answer(response, 200, { 'content-type': 'application/json' }, write(question, host.sampling.strategyFor(service)))
    }
  }
}

/** The one value of the parameter; undefined where there is none, or several. */
function oneService(url: string): string | undefined {
  const from = url.indexOf('?')
  const values = from < 0 ? [] : new URLSearchParams(url.slice(from + 1)).getAll('service')
  return values.length === 1 ? values[0] : undefined
}
