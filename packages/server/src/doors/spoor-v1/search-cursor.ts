// Cursors: where a page ended, as text for a link. It carries the time range of the first page, so that all pages are of one
// range though `now` moves on. Opaque to clients, and not secret: a forged one asks for another page of the same answer.

import { SpoorError } from '@spoor/core/base/errors'
import type { PagePlace, SearchOrder } from '../../query/service.ts'

export interface Cursor {
  readonly order: SearchOrder
  readonly place: PagePlace
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
}

const VERSION = '1'

export function writeCursor({ order, place, startMinNs, startMaxNs }: Cursor): string {
  const parts = [VERSION, order, place.rank, place.newestStartNs, place.traceId, startMinNs, startMaxNs]
  return Buffer.from(parts.join(' ')).toString('base64url')
}

/** Throws SpoorError `invalid` `bad_cursor` for what is none, or of another order. */
export function readCursor(text: string, order: SearchOrder): Cursor {
  const decoded = Buffer.from(text, 'base64url').toString('latin1')
  const parts = /^1 ([a-z]+) (\d{1,20}) (\d{1,20}) ([0-9a-f]{32}) (-?\d{1,20}) (\d{1,20})$/.exec(decoded)
  if (parts === null) throw new SpoorError('invalid', 'bad_cursor', 'cursor: not one of ours', { field: 'cursor' })
  const [, of = '', rank = '', newest = '', traceId = '', min = '', max = ''] = parts
  if (of !== order) {
    const message = `cursor: of order ${of}, but the order asked for is ${order}`
    throw new SpoorError('invalid', 'bad_cursor', message, { field: 'cursor' })
  }
  return {
    order,
    place: { rank: BigInt(rank), newestStartNs: BigInt(newest), traceId },
    startMinNs: BigInt(min),
    startMaxNs: BigInt(max),
  }
}
