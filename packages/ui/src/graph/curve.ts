// An edge's points as the path of a smooth line, and its arrow head. Pure text work.

import type { Point } from './layout.ts'

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`
}

function between(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

/** Starts and ends at the first and last point and bends towards those in between. */
export function curvePath(points: readonly Point[]): string {
  const [first, second] = points
  const last = points.at(-1)
  if (first === undefined || second === undefined || last === undefined) return ''
  let path = `M${at(first)}`
  if (points.length === 2) return `${path}L${at(second)}`
  for (let i = 1; i < points.length - 1; i++) {
    const [here, next] = [points[i] ?? last, points[i + 1] ?? last]
    path += `Q${at(here)} ${at(i === points.length - 2 ? last : between(here, next))}`
  }
  return path
}

/** A point of that line near its middle. */
export function middleOf(points: readonly Point[]): Point {
  const i = Math.floor(points.length / 2)
  const [before, here, after] = [points[i - 1], points[i], points[i + 1]]
  if (here === undefined) return { x: 0, y: 0 }
  if (before === undefined) return here
  if (after === undefined) return between(before, here)
  const from = i === 1 ? before : between(before, here)
  const to = i === points.length - 2 ? after : between(here, after)
  return between(between(from, here), between(here, to))
}

const HEAD_LENGTH = 8

/** A triangle whose tip is the last point. */
export function arrowHead(points: readonly Point[], width: number): string {
  const tip = points.at(-1)
  const before = points.at(-2)
  if (tip === undefined || before === undefined) return ''
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1
  const [dx, dy] = [(tip.x - before.x) / length, (tip.y - before.y) / length]
  const half = 3 + width / 2
  const back = { x: tip.x - dx * HEAD_LENGTH, y: tip.y - dy * HEAD_LENGTH }
  const left = { x: back.x - dy * half, y: back.y + dx * half }
  const right = { x: back.x + dy * half, y: back.y - dx * half }
  return `M${at(tip)}L${at(left)}L${at(right)}Z`
}

/** Line width in pixels: a step for every tenfold number of calls. */
export function edgeWidth(callCount: number): number {
  return Math.min(6, 1 + Math.log10(Math.max(1, callCount)) * 0.8)
}
