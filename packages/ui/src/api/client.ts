// Requests to Spoor's server, with answers checked at this boundary and failures turned into one error that says in plain
// words what happened. Never retries by itself: the reader presses the button.

import * as v from 'valibot'
import { serverUrl } from '../base/base-path.ts'

export class ApiError extends Error {
  /** HTTP status, or 0 where no answer came. */
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ApiError'
    this.status = status
  }
}

const errorBodySchema = v.object({ errors: v.array(v.object({ msg: v.string() })) })

/** The server's own words where it sent any, else the status. */
export function errorMessage(status: number, body: string): string {
  try {
    const parsed = v.safeParse(errorBodySchema, JSON.parse(body))
    if (parsed.success && parsed.output.errors[0] !== undefined) return parsed.output.errors[0].msg
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const text = body.trim()
  return text === '' || text.startsWith('<') ? `The server answered with status ${status}.` : text.slice(0, 500)
}

/** Throws ApiError; an abort by the caller passes through. */
export async function fetchChecked(url: string, signal: AbortSignal): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { signal, credentials: 'same-origin' })
  } catch (error) {
    if (signal.aborted) throw error
    throw new ApiError(0, 'The server did not answer. It may be down, or the network is.', { cause: error })
  }
  if (response.ok) return response
  throw new ApiError(response.status, errorMessage(response.status, await response.text()))
}

export async function getJson<T>(path: string, schema: v.GenericSchema<T>, signal: AbortSignal): Promise<T> {
  const response = await fetchChecked(serverUrl(path), signal)
  let body: unknown
  try {
    body = await response.json()
  } catch (error) {
    if (signal.aborted) throw error
    throw new ApiError(response.status, 'The answer was cut short or is not JSON.', { cause: error })
  }
  const parsed = v.safeParse(schema, body)
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  const where = v.getDotPath(issue) ?? 'the answer'
  throw new ApiError(response.status, `The answer is not what this page expects (${where}: ${issue.message}).`)
}
