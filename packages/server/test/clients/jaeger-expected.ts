// What the source of examples/jaeger-client-* says, written down by hand: the check that a program's own report (made by the
// client that sends) and Spoor are not wrong together.

import type { V1Tag } from './v1.ts'

export const SHOPS = ['go', 'node', 'python', 'java'] as const
export type Shop = (typeof SHOPS)[number]

export const DECLINED = 'Karte abgelehnt: Limit 50 €'
export const CUSTOMER = 'Zoë'
export const DEBUG_ID = 'support-case-7'

const string = (key: string, value: string): V1Tag => ({ key, type: 'string', value })
const bool = (key: string, value: boolean): V1Tag => ({ key, type: 'bool', value })
const double = (key: string, value: number): V1Tag => ({ key, type: 'float64', value })

/** The client for Node sends every number as a double. */
function int(shop: Shop, key: string, value: number | string): V1Tag {
  return shop === 'node' ? double(key, Number(value)) : { key, type: 'int64', value }
}

/** All tags of `charge card`. Binary ones only where the client has them. */
export function chargeCardTags(shop: Shop): V1Tag[] {
  return [
    string('order.id', 'Bestellung-4711 ☕'),
    string('order.coupon', ''),
    bool('order.express', true),
    int(shop, 'order.items', 3),
    int(shop, 'order.user_id', shop === 'node' ? 9007199254740991 : '9007199254740993'),
    double('order.total', 59.99),
    double('order.weight', 2),
    ...(shop === 'go' || shop === 'node' ? [{ key: 'order.signature', type: 'binary', value: 'AP8Q' }] : []),
    string('order.note', 'Bücher '.repeat(3750)),
    bool('error', true),
  ]
}

export function cacheMissFields(shop: Shop): V1Tag[] {
  return [
    string('event', 'cache miss'),
    string('cache.key', 'price:A-1'),
    int(shop, 'cache.tried', 2),
    double('cache.ratio', 0.5),
    bool('cache.stale', false),
  ]
}

export function processTags(shop: Shop): V1Tag[] {
  return [
    string('team.name', 'Bücher & Söhne'),
    bool('team.on_call', true),
    int(shop, 'team.size', 7),
    double('team.load', 0.75),
  ]
}

/** Of the server's span: the baggage that its caller gave, or the id that support gave. */
export function serverTags(shop: Shop, mark: V1Tag): V1Tag[] {
  return [
    string('span.kind', 'server'),
    string('http.method', 'POST'),
    string('http.url', '/checkout'),
    int(shop, 'http.status_code', 402),
    mark,
  ]
}

/** A span to be seen with this much on the screen: key, text and type as the inspector shows them. */
export function chargeCardRows(shop: Shop): [key: string, value: string, type: string][] {
  const whole = shop === 'node' ? 'double' : 'int'
  return [
    ['order.id', 'Bestellung-4711 ☕', 'string'],
    ['order.coupon', 'empty string', 'string'],
    ['order.express', 'true', 'bool'],
    ['order.items', '3', whole],
    ['order.user_id', shop === 'node' ? '9007199254740991' : '9007199254740993', whole],
    ['order.total', '59.99', 'double'],
    ['cache.key', 'price:A-1', 'string'],
    ['cache.tried', '2', whole],
    ['cache.stale', 'false', 'bool'],
    ['team.name', 'Bücher & Söhne', 'string'],
    ['team.size', '7', whole],
  ]
}
