// Calls between threads: values, errors with their kind, and an end that leaves no caller waiting.

import { MessageChannel } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { SpoorError } from '@spoor/core/base/errors'
import { caller, serve } from './rpc.ts'

const open: MessageChannel[] = []

function pair(): MessageChannel {
  const channel = new MessageChannel()
  open.push(channel)
  return channel
}

afterEach(() => {
  for (const channel of open.splice(0)) channel.port1.close()
})

test('an answer reaches the call that asked for it', async () => {
  const { port1, port2 } = pair()
  serve(port2, { double: async (n) => Number(n) * 2, text: (value) => `<${String(value)}>` })
  const calls = caller(port1)
  const answers = await Promise.all([calls.call('double', 4), calls.call('text', 'a'), calls.call('double', 5)])
  expect(answers).toEqual([8, '<a>', 10])
})

test('a SpoorError keeps its kind, code, field and retry time', async () => {
  const { port1, port2 } = pair()
  serve(port2, {
    fail: () => {
      throw new SpoorError('overloaded', 'queue_full', 'the queue is full', { field: 'queue', retryAfterMs: 250 })
    },
  })
  const error = await caller(port1)
    .call('fail')
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  expect(error).toBeInstanceOf(SpoorError)
  expect(error).toMatchObject({ kind: 'overloaded', code: 'queue_full', field: 'queue', retryAfterMs: 250 })
})

test('another error keeps its message; an unknown method is an error', async () => {
  const { port1, port2 } = pair()
  serve(port2, {
    fail: () => {
      throw new TypeError('no')
    },
  })
  const calls = caller(port1)
  await expect(calls.call('fail')).rejects.toThrow('no')
  await expect(calls.call('nothing')).rejects.toThrow('no such method between threads: nothing')
})

test('calls still open when the thread goes are rejected as unavailable', async () => {
  const { port1, port2 } = pair()
  serve(port2, { never: async () => await new Promise(() => undefined) })
  const call = caller(port1).call('never')
  port2.close()
  await expect(call).rejects.toMatchObject({ kind: 'unavailable', code: 'thread_gone' })
})
