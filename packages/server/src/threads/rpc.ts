// Questions and answers over a MessagePort, for the few control calls between threads (start, stop, metrics, a proxied
// write). Never for one span: the head is shared memory. Errors keep their kind, code and retry time across the thread.

import type { MessagePort, Transferable } from 'node:worker_threads'
import { SpoorError, type ErrorKind, toError } from '@spoor/core/base/errors'

export type Handler = (argument: unknown) => unknown

interface Question {
  readonly ask: number
  readonly method: string
  readonly argument: unknown
}

interface Answer {
  readonly answer: number
  readonly value?: unknown
  readonly error?: WireError
}

interface WireError {
  readonly message: string
  readonly stack: string | undefined
  readonly kind?: ErrorKind
  readonly code?: string
  readonly field?: string | undefined
  readonly retryAfterMs?: number | undefined
}

function toWire(thrown: unknown): WireError {
  const error = toError(thrown)
  if (!(error instanceof SpoorError)) return { message: error.message, stack: error.stack }
  const { message, stack, kind, code, field, retryAfterMs } = error
  return { message, stack, kind, code, field, retryAfterMs }
}

function fromWire(wire: WireError): Error {
  const { kind, code, message, field, retryAfterMs } = wire
  const error =
    kind === undefined || code === undefined
      ? new Error(message)
      : new SpoorError(kind, code, message, {
          ...(field === undefined ? {} : { field }),
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        })
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}

/** Answers the other side's questions until the port closes. A handler may be async; what it throws goes back. */
export function serve(port: MessagePort, handlers: Readonly<Record<string, Handler>>): void {
  port.on('message', (message: Question) => {
    if (message.ask === undefined) return
    void answer(port, handlers, message)
  })
}

async function answer(
  port: MessagePort,
  handlers: Readonly<Record<string, Handler>>,
  question: Question,
): Promise<void> {
  try {
    const handler = handlers[question.method]
    if (handler === undefined) throw new Error(`no such method between threads: ${question.method}`)
    port.postMessage({ answer: question.ask, value: await handler(question.argument) } satisfies Answer)
  } catch (thrown) {
    port.postMessage({ answer: question.ask, error: toWire(thrown) } satisfies Answer)
  }
}

export interface Caller {
  call(method: string, argument?: unknown, transfer?: readonly Transferable[]): Promise<unknown>
}

/** Asks questions. Open calls reject with `unavailable` when the port closes. */
export function caller(port: MessagePort): Caller {
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let next = 1
  port.on('message', (message: Answer) => {
    if (message.answer === undefined) return
    const waiting = open.get(message.answer)
    if (waiting === undefined) return
    open.delete(message.answer)
    if (message.error === undefined) waiting.resolve(message.value)
    else waiting.reject(fromWire(message.error))
  })
  port.on('close', () => {
    for (const waiting of open.values())
      waiting.reject(new SpoorError('unavailable', 'thread_gone', 'the thread has ended'))
    open.clear()
  })
  return {
    async call(method, argument, transfer): Promise<unknown> {
      return await new Promise((resolve, reject) => {
        const ask = next++
        open.set(ask, { resolve, reject })
        port.postMessage({ ask, method, argument } satisfies Question, transfer ?? [])
      })
    },
  }
}
