// What the source of every example program says, written down by hand: the check that a program's own report (made by the
// same SDK that sends) and Spoor are not wrong together.

import type { AttributeJson, ValueJson } from '@spoor/core/api/span-detail'
import type { Language } from './otlp-report.ts'

const string = (value: string): ValueJson => ({ type: 'string', value })
const int = (value: string): ValueJson => ({ type: 'int', value })
const double = (value: number): ValueJson => ({ type: 'double', value })
const bool = (value: boolean): ValueJson => ({ type: 'bool', value })
const array = (...value: ValueJson[]): ValueJson => ({ type: 'array', value })

/** Attributes of the span `charge card`, in the order they are set. */
export function chargeCardAttributes(language: Language): AttributeJson[] {
  const values: Record<string, ValueJson> = {
    'order.id': string('Bestellung-4711 ☕'),
    'order.coupon': string(''),
    'order.express': bool(true),
    'order.items': int('3'),
    // 2^53 + 1 where the language has 64-bit integers.
    'order.user_id': int(language === 'node' ? '9007199254740991' : '9007199254740993'),
    'order.total': double(59.99),
    // JavaScript cannot say that 2 is a double.
    'order.weight': language === 'node' ? int('2') : double(2),
    'order.skus': array(string('A-1'), string('ß-2')),
    'order.gift': array(bool(true), bool(false)),
    'order.quantities': array(int('1'), int('-2')),
    'order.prices': array(double(19.99), double(20.5)),
    'order.signature': { type: 'bytes', value: 'AP8Q' },
    'order.address': {
      type: 'map',
      value: [
        { key: 'city', value: string('Zürich') },
        { key: 'geo', value: array(double(47.37), double(8.54)) },
        { key: 'zip', value: int('8001') },
      ],
    },
  }
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

/** Attributes that every program puts on its resource, beside what its SDK finds out. */
export function resourceAttributes(language: Language): AttributeJson[] {
  return [
    { key: 'service.name', value: string(`checkout-${language}`) },
    { key: 'service.version', value: string('1.4.2') },
    { key: 'team.name', value: string('Bücher & Söhne') },
    { key: 'team.on_call', value: bool(true) },
    { key: 'team.size', value: int('7') },
    { key: 'team.load', value: double(0.75) },
  ]
}

export const CACHE_MISS_ATTRIBUTES: AttributeJson[] = [
  { key: 'cache.key', value: string('price:A-1') },
  { key: 'cache.ratio', value: double(0.5) },
  { key: 'cache.tried', value: int('2') },
]
export const LINK_ATTRIBUTES: AttributeJson[] = [
  { key: 'link.order', value: int('1') },
  { key: 'link.reason', value: string('reserved') },
]
export const DECLINED = 'Karte abgelehnt: Limit 50 €'

/** The same attributes as Jaeger 1.76 writes them in its v1 JSON: arrays and maps as text, big integers as strings. */
export function chargeCardTags(language: Language): object[] {
  const node = language === 'node'
  return [
    { key: 'order.id', type: 'string', value: 'Bestellung-4711 ☕' },
    { key: 'order.coupon', type: 'string', value: '' },
    { key: 'order.express', type: 'bool', value: true },
    { key: 'order.items', type: 'int64', value: 3 },
    { key: 'order.user_id', type: 'int64', value: node ? 9007199254740991 : '9007199254740993' },
    { key: 'order.total', type: 'float64', value: 59.99 },
    { key: 'order.weight', type: node ? 'int64' : 'float64', value: 2 },
    { key: 'order.skus', type: 'string', value: '["A-1","ß-2"]' },
    { key: 'order.gift', type: 'string', value: '[true,false]' },
    { key: 'order.quantities', type: 'string', value: '[1,-2]' },
    { key: 'order.prices', type: 'string', value: '[19.99,20.5]' },
    { key: 'order.signature', type: 'binary', value: 'AP8Q' },
    { key: 'order.address', type: 'string', value: '{"city":"Zürich","geo":[47.37,8.54],"zip":8001}' },
    { key: 'error', type: 'bool', value: true },
    { key: 'otel.status_code', type: 'string', value: 'ERROR' },
    { key: 'otel.status_description', type: 'string', value: DECLINED },
    { key: 'span.kind', type: 'string', value: 'internal' },
  ]
}
