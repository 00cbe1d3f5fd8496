// Reading JSON by the rules of protobuf's JSON mapping, with the path of what is wrong: for OTLP/JSON that is received and
// for files that people open. Knows no message. Must never lose a digit of a 64-bit integer.

import { SpoorError, toError } from '../base/errors.ts'
import { fromBase64 } from '../model/value-text.ts'

export type JsonObject = { readonly [name: string]: unknown }

/** Where we are in the document, made into text only when something is wrong. */
export interface JsonPath {
  readonly parent: JsonPath | undefined
  readonly name: string | number
}

export function pathText(path: JsonPath | undefined): string {
  if (path === undefined) return ''
  const before = pathText(path.parent)
  if (typeof path.name === 'number') return `${before}[${path.name}]`
  return before === '' ? path.name : `${before}.${path.name}`
}

export function badJson(path: JsonPath | undefined, problem: string): SpoorError {
  const place = pathText(path)
  const message = place === '' ? `bad JSON: ${problem}` : `bad JSON at ${place}: ${problem}`
  return new SpoorError('invalid', 'bad_json', message, place === '' ? {} : { field: place })
}

/** Integers that a JavaScript number may not hold exactly; also found inside text, which only costs time. */
const LONG_INTEGER = /[:[,]\s*-?[0-9]{16}/

/** JSON.parse, but for integers over 2^53, which are bigint. Throws SpoorError `invalid` `bad_json`. */
export function parseExactJson(text: string): unknown {
  try {
    if (!LONG_INTEGER.test(text)) return JSON.parse(text)
    return JSON.parse(text, exactIntegers)
  } catch (error) {
    throw new SpoorError('invalid', 'bad_json', `bad JSON: ${toError(error).message}`, { cause: error })
  }
}

function exactIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return /^-?[0-9]+$/.test(source) ? BigInt(source) : value
}

/** The object at a path; null and undefined are an empty one. */
export function asObject(value: unknown, path: JsonPath | undefined): JsonObject {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw badJson(path, 'expected an object')
  return value as JsonObject
}

/** A field under its camelCase name, else under its snake_case name; null counts as absent. */
export function fieldOf(object: JsonObject, name: string): unknown {
  const value = own(object, name)
  if (value !== undefined && value !== null) return value
  const other = own(
    object,
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
  return other === null ? undefined : other
}

function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function listField(object: JsonObject, name: string, path: JsonPath | undefined): readonly unknown[] {
  const value = fieldOf(object, name)
  if (value === undefined) return []
  if (!Array.isArray(value)) throw badJson({ parent: path, name }, 'expected a list')
  return value as readonly unknown[]
}

export function textField(object: JsonObject, name: string, path: JsonPath | undefined): string {
  const value = fieldOf(object, name)
  if (value === undefined) return ''
  if (typeof value !== 'string') throw badJson({ parent: path, name }, 'expected a string')
  return value
}

const DECIMAL = /^-?[0-9]{1,20}$/

/** An integer given as a number or as text; parseExactJson gives those over 2^53 as bigint. */
export function toInteger(value: unknown, path: JsonPath, least: bigint, most: bigint): bigint {
  let found: bigint | undefined
  if (typeof value === 'bigint') found = value
  else if (typeof value === 'number' && Number.isInteger(value)) found = BigInt(value)
  else if (typeof value === 'string' && DECIMAL.test(value)) found = BigInt(value)
  if (found === undefined) throw badJson(path, 'expected an integer')
  if (found < least || found > most) throw badJson(path, 'integer out of range')
  return found
}

export const LEAST_INT64: bigint = -(1n << 63n)
export const MOST_INT64: bigint = (1n << 63n) - 1n
const MOST_UINT64 = (1n << 64n) - 1n
const MOST_UINT32 = (1n << 32n) - 1n

export function uint64Field(object: JsonObject, name: string, path: JsonPath | undefined): bigint {
  const value = fieldOf(object, name)
  return value === undefined ? 0n : toInteger(value, { parent: path, name }, 0n, MOST_UINT64)
}

export function uint32Field(object: JsonObject, name: string, path: JsonPath | undefined): number {
  const value = fieldOf(object, name)
  return value === undefined ? 0 : Number(toInteger(value, { parent: path, name }, 0n, MOST_UINT32))
}

/** An enum by number or by one of `names`, whose index is the number. */
export function enumField(
  object: JsonObject,
  name: string,
  names: readonly string[],
  path: JsonPath | undefined,
): number {
  const value = fieldOf(object, name)
  if (value === undefined) return 0
  const place = { parent: path, name }
  if (typeof value !== 'string') return Number(toInteger(value, place, -(1n << 31n), (1n << 31n) - 1n))
  const index = names.indexOf(value)
  if (index < 0) throw badJson(place, 'unknown enum value')
  return index
}

export function toDouble(value: unknown, path: JsonPath): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value === 'NaN') return Number.NaN
  if (value === 'Infinity') return Number.POSITIVE_INFINITY
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw badJson(path, 'expected a number')
  return number
}

/** Base64 of either alphabet, padded or not. */
export function toBytes(value: unknown, path: JsonPath): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw badJson(path, 'expected base64')
  return fromBase64(value)
}

/** An id of so many digits in lower case; '' where it is absent. */
export function idField(object: JsonObject, name: string, digits: number, path: JsonPath | undefined): string {
  const text = textField(object, name, path)
  if (text !== '' && (text.length !== digits || !/^[0-9a-fA-F]*$/.test(text))) {
    throw badJson({ parent: path, name }, `expected ${digits} hexadecimal digits`)
  }
  return text.toLowerCase()
}
