// Services and their calls for the UI's tests: a small shop with a cycle, and large ones made from a seed.

import type { DependencyEdge } from '@spoor/core/api/dependencies'
import { random } from './fake-data.ts'

function edge(parent: string, child: string, callCount: number, errorCount = 0): DependencyEdge {
  return { parent, child, callCount, errorCount }
}

/** Sorted by parent, then child, as the server does. Payment and ledger call each other. */
export const SHOP: readonly DependencyEdge[] = [
  edge('ad-service', 'redis', 880),
  edge('api-gateway', 'ad-service', 900),
  edge('api-gateway', 'cart', 12_400, 31),
  edge('api-gateway', 'recommendation-engine-with-a-very-long-name-eu-central-1', 450, 450),
  edge('cart', 'redis', 24_811),
  edge('cart', 'サービス', 3),
  edge('checkout', 'payment', 812, 96),
  edge('checkout', 'shipping', 811),
  edge('frontend', 'api-gateway', 1_204_331, 12),
  edge('frontend', 'checkout', 815, 97),
  edge('ledger', 'payment', 40),
  edge('payment', 'ledger', 800, 2),
  edge('shipping', 'a/b "c" <&>', 1),
]

function nameOf(layer: number, i: number): string {
  const names = ['edge', 'api', 'domain', 'core', 'data', 'store']
  return `${names[layer] ?? 'service'}-${String(i).padStart(3, '0')}`
}

/** As real systems are: a few layers, many services behind few, some calls back. */
export function manyDependencies(services: number, edges: number, seed = 7): DependencyEdge[] {
  const next = random(seed)
  const layerOf = (i: number): number => Math.min(5, Math.floor(6 * (i / services) ** 0.7))
  const all = Array.from({ length: services }, (_, i) => ({ layer: layerOf(i), name: nameOf(layerOf(i), i) }))
  const found = new Map<string, DependencyEdge>()
  const add = (from: number, to: number): void => {
    const [parent, child] = [all[from]?.name, all[to]?.name]
    if (parent === undefined || child === undefined || parent === child) return
    const calls = Math.ceil(10 ** (next() * 6))
    const errors = next() < 0.15 ? Math.ceil(calls * next() * 0.2) : 0
    found.set(`${parent}>${child}`, edge(parent, child, calls, errors))
  }
  for (let i = 1; i < services; i++) {
    const above = all.filter(({ layer }) => layer === (all[i]?.layer ?? 0) - 1)
    const parent = all.indexOf(above[Math.floor(next() ** 2 * above.length)] ?? { layer: 0, name: '' })
    add(parent < 0 ? 0 : parent, i)
  }
  for (let tries = 0; found.size < edges && tries < edges * 20; tries++) {
    const from = Math.floor(next() * services)
    const below = all.flatMap(({ layer }, i) => (layer === (all[from]?.layer ?? 0) + 1 ? [i] : []))
    const to = next() < 0.04 ? Math.floor(next() * services) : below[Math.floor(next() ** 2 * below.length)]
    if (to !== undefined) add(from, to)
  }
  return [...found.values()].toSorted((a, b) =>
    a.parent === b.parent ? (a.child < b.child ? -1 : 1) : a.parent < b.parent ? -1 : 1,
  )
}
