// How a tool speaks to the process that owns a folder: it connects to the owner's socket, writes one line of JSON and reads
// one. Who connects and says nothing only wanted to know whether somebody is there.

import { connect, type Socket } from 'node:net'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { DeleteTarget } from '../api/admin.ts'

export type OwnerOrder =
  | { readonly ask: 'delete'; readonly tenant: string; readonly target: DeleteTarget }
  | { readonly ask: 'maintain' }

/** Rejects with the SpoorError that the caller is to see. */
export type OwnerAnswers = (order: OwnerOrder) => Promise<void>

interface Answer {
  readonly error?: {
    readonly kind: 'invalid' | 'unavailable' | 'internal'
    readonly code: string
    readonly message: string
  }
}

/** A thousand traces to delete are 40 KB. */
const MAX_LINE_CHARS = 256 << 10
const MAX_CALLERS = 16
const LINE_DEADLINE_MS = 10_000

/** Answers one caller and hangs up. `callers`: how many are connected now. */
export function serveLine(socket: Socket, callers: number, answers: OwnerAnswers): void {
  // A caller that is gone is no error of ours.
  socket.on('error', () => socket.destroy())
  if (callers > MAX_CALLERS) {
    socket.destroy()
    return
  }
  socket.setTimeout(LINE_DEADLINE_MS, () => socket.destroy())
  let line = ''
  const take = (chunk: string): void => {
    line += chunk
    const end = line.indexOf('\n')
    if (end < 0 && line.length <= MAX_LINE_CHARS) return
    socket.off('data', take)
    socket.setTimeout(0)
    void answerLine(end < 0 ? '' : line.slice(0, end), answers).then((answer) =>
      socket.end(`${JSON.stringify(answer)}\n`),
    )
  }
  socket.setEncoding('utf8').on('data', take)
}

async function answerLine(line: string, answers: OwnerAnswers): Promise<Answer> {
  try {
    await answers(parseOrder(line))
    return {}
  } catch (thrown) {
    const error = toError(thrown)
    const kind = error instanceof SpoorError && error.kind === 'invalid' ? 'invalid' : 'unavailable'
    return { error: { kind, code: error instanceof SpoorError ? error.code : 'store_failed', message: error.message } }
  }
}

function parseOrder(line: string): OwnerOrder {
  const bad = (): SpoorError => new SpoorError('invalid', 'bad_order', 'the order to the store cannot be read')
  let order: unknown
  try {
    order = JSON.parse(line, reviveBigints)
  } catch {
    throw bad()
  }
  if (typeof order !== 'object' || order === null || !('ask' in order)) throw bad()
  if (order.ask === 'maintain') return { ask: 'maintain' }
  if (order.ask !== 'delete' || !('tenant' in order) || !('target' in order)) throw bad()
  const { tenant, target } = order
  if (typeof tenant !== 'string' || !isTarget(target)) throw bad()
  return { ask: 'delete', tenant, target }
}

function isTarget(target: unknown): target is DeleteTarget {
  if (typeof target !== 'object' || target === null) return false
  if ('everything' in target) return target.everything === true
  if ('traceIds' in target)
    return Array.isArray(target.traceIds) && target.traceIds.every((id: unknown) => typeof id === 'string')
  if (!('service' in target) || !('startMinNs' in target) || !('startMaxNs' in target)) return false
  return (
    typeof target.service === 'string' && typeof target.startMinNs === 'bigint' && typeof target.startMaxNs === 'bigint'
  )
}

/** Times cross as decimal texts. */
function reviveBigints(key: string, value: unknown): unknown {
  const isTime = (key === 'startMinNs' || key === 'startMaxNs') && typeof value === 'string'
  return isTime && /^\d{1,20}$/.test(value) ? BigInt(value) : value
}

/** Whether anybody listens there. */
export async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((done) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}

/** Gives the order to who listens at `path`; resolves when it is carried out. Rejects with the owner's SpoorError. */
export async function giveOrder(path: string, order: OwnerOrder): Promise<void> {
  const line = JSON.stringify(order, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  const { error } = await exchange(path, line)
  if (error !== undefined) throw new SpoorError(error.kind, error.code, error.message)
}

/** Rejects with `owner_gone` where the owner hung up, or nobody is there. */
async function exchange(path: string, line: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const socket = connect(path)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${line}\n`))
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    // 'close' follows, and says it.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (text.endsWith('\n')) resolve(JSON.parse(text) as Answer)
      else
        reject(new SpoorError('unavailable', 'owner_gone', 'the process that uses the folder ended before it answered'))
    })
  })
}
