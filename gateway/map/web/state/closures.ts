import { computed, signal } from '@preact/signals'
import type { ClosureStretch, ClosureView } from '#protocols/closures.ts'
import type { Held } from './clock.ts'

/** Roads closed or slow, to come, and what ended lately; written by `picture.ts`. */
export const closures = signal<ReadonlyMap<string, Held<ClosureView>>>(new Map())

/** What the map strikes out, the newest first. */
export const closuresInForce = computed(() =>
  [...closures.value.values()]
    .filter(({ view }) => view.state === 'in_force')
    .sort((a, b) => b.view.createdAt.localeCompare(a.view.createdAt)),
)
/** Not ended. */
export const closuresLasting = computed(() =>
  [...closures.value.values()]
    .filter(({ view }) => view.state !== 'ended')
    .sort((a, b) => a.view.from.localeCompare(b.view.from)),
)

/** Roads that would be closed, while somebody still thinks about it. */
export const meant = signal<ClosureStretch | null>(null)

/** Degrees true of the stretch as a whole, from its beginning to its end; null where that says nothing. */
export function bearingOf(lines: ClosureStretch['lines']): number | null {
  const [line] = [...lines].sort((a, b) => b.length - a.length)
  const [a, b] = [line?.[0], line?.[line.length - 1]]
  if (a === undefined || b === undefined) return null
  const x = (b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180)
  const y = b[1] - a[1]
  return x === 0 && y === 0 ? null : ((Math.atan2(x, y) * 180) / Math.PI + 360) % 360
}

/** `[lon, lat]` in the middle of the longest line. */
export function middleOf(lines: ClosureStretch['lines']): readonly [number, number] | null {
  const [line] = [...lines].sort((a, b) => b.length - a.length)
  if (line === undefined || line.length === 0) return null
  const [a, b] = [line[Math.floor((line.length - 1) / 2)]!, line[Math.ceil((line.length - 1) / 2)]!]
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
}
