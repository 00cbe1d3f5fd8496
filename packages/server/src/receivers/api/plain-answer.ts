// Answers in plain text, as Jaeger's older HTTP ports give them.

import type { ServerResponse } from 'node:http'
import { answer } from './http-server.ts'

/** One line for people; the line break comes with it. */
export function answerText(
  response: ServerResponse,
  status: number,
  line: string,
  headers: Readonly<Record<string, string | number>> = {},
): void {
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  answer(response, status, { ...headers, ...type }, `${line}\n`)
}

export function answerNotFound(response: ServerResponse): void {
  answerText(response, 404, '404 page not found')
}

/** 405 without a body. `methods`: those that are allowed, as in the header Allow. */
export function answerWrongMethod(response: ServerResponse, methods: string): void {
  answer(response, 405, { allow: methods }, '')
}
