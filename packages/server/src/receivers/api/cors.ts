// Cross-origin rules for receivers that browsers send to (https://fetch.spec.whatwg.org/#http-cors-protocol), with the
// defaults of the Collector's HTTP server: three headers allowed without being named.

import type { IncomingMessage } from 'node:http'

export interface CorsRules {
  /** Origins; `*` stands for any text. Empty: no browser may send. */
  readonly allowedOrigins: readonly string[]
  /** Beside the three that always may; `*` for any. */
  readonly allowedHeaders: readonly string[]
  /** Whether browsers may send cookies along. */
  readonly credentials: boolean
}

export interface Cors {
  /** Headers for every answer. */
  headers(request: IncomingMessage): Readonly<Record<string, string>>
  /** Headers of the answer (204) to a preflight; undefined where the request is none. */
  preflight(request: IncomingMessage): Readonly<Record<string, string>> | undefined
}

const ALWAYS_ALLOWED = ['accept', 'content-type', 'x-requested-with']
const NONE: Readonly<Record<string, string>> = {}

export function createCors(rules: CorsRules, methods: string): Cors {
  if (rules.allowedOrigins.length === 0) return { headers: () => NONE, preflight: () => undefined }
  const origins = rules.allowedOrigins.map(wildcard)
  const allowed = new Set([...ALWAYS_ALLOWED, ...rules.allowedHeaders.map((name) => name.toLowerCase())])
  const headers = (request: IncomingMessage): Readonly<Record<string, string>> => {
    const origin = request.headers.origin
    if (origin === undefined || !origins.some((pattern) => pattern.test(origin))) return { vary: 'Origin' }
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      ...(rules.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    }
  }
  return {
    headers,
    preflight(request): Readonly<Record<string, string>> | undefined {
      const method = request.headers['access-control-request-method']
      if (request.method !== 'OPTIONS' || method === undefined) return undefined
      const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
      const base = headers(request)
      const asked = request.headers['access-control-request-headers'] ?? ''
      const names = asked
        .toLowerCase()
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean)
      const fine = allowed.has('*') || names.every((name) => allowed.has(name))
      if (base['access-control-allow-origin'] === undefined || method !== methods || !fine) return { vary }
      return {
        ...base,
        vary,
        'access-control-allow-methods': methods,
        ...(names.length === 0 ? {} : { 'access-control-allow-headers': names.join(', ') }),
      }
    },
  }
}

/** `https://*.example.com` as an expression for the whole origin, in any case. */
function wildcard(pattern: string): RegExp {
  const literal = pattern.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${literal.replaceAll('*', '.*')}$`, 'i')
}
