// The parameters of questions about dependencies (jaeger cmd/query/app/query_parser.go, v1.57): a range that ends at `endTs`
// and goes back by `lookback`, both in ms, and the service that the calls concern.

import type { DependencyLink } from '../storage/api/store.ts'
import { firstValue, parseMillis, type QueryParameters } from './jaeger-search.ts'
import { shownService, storedService } from './nameless.ts'
import type { QueryService } from './service.ts'

const DEFAULT_LOOKBACK_MS = 86_400_000n
const NS_A_MS = 1_000_000n

/** Each pair of services once. Throws SpoorError `invalid` in Jaeger's words. */
export async function findDependencies(
  query: QueryService,
  parameters: QueryParameters,
  tenant: string,
): Promise<readonly DependencyLink[]> {
  const endMs = parseMillis(parameters, 'endTs') ?? BigInt(Date.now())
  const lookbackMs = parseMillis(parameters, 'lookback') ?? DEFAULT_LOOKBACK_MS
  const asked = firstValue(parameters, 'service') ?? ''
  if (lookbackMs <= 0n || endMs < 0n) return []
  const startMs = endMs > lookbackMs ? endMs - lookbackMs : 0n
  // The end counts for the whole millisecond it names.
  const links = await query.dependencies(tenant, startMs * NS_A_MS, endMs * NS_A_MS + NS_A_MS - 1n)
  const service = storedService(asked)
  const concerned = links.filter((link) => asked === '' || link.parent === service || link.child === service)
  return summed(concerned).map((link) => ({
    ...link,
    parent: shownService(link.parent),
    child: shownService(link.child),
  }))
}

function summed(links: readonly DependencyLink[]): readonly DependencyLink[] {
  const pairs = new Map<string, DependencyLink>()
  for (const link of links) {
    const key = JSON.stringify([link.parent, link.child])
    const known = pairs.get(key)
    const callCount = link.callCount + (known?.callCount ?? 0)
    pairs.set(key, { ...link, callCount, errorCount: link.errorCount + (known?.errorCount ?? 0) })
  }
  return [...pairs.values()]
}
