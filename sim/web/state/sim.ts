import { computed, signal } from '@preact/signals'
import type { RoadsAround, SimView } from '../../control/sim-view.ts'

/*
 * The newest view of the running city, asked for twice a second; what it said of the chosen unit's queue is remembered
 * for a minute, so that one can see it grow and drain.
 */
const EVERY_MS = 500
export const HISTORY_SAMPLES = 180

export type QueueSample = {
  readonly atMs: number
  readonly alarm: number
  readonly event: number
  readonly track: number
  readonly diag: number
}

export const view = signal<SimView | null>(null)
export const lost = signal(false)
export const chosenId = signal('unit-01')
export const history = signal<readonly QueueSample[]>([])
export const roads = signal<RoadsAround | null>(null)
/** What came of the last thing a person did; null after a success. */
export const refusal = signal<{ readonly code: string; readonly detail: string } | null>(null)
export const search = signal('')

export const chosen = computed(() => view.value?.chosen ?? null)

/** Further than this from where the roads were drawn around, they are asked for again. */
const REDRAW_M = 180
const METRES_PER_DEGREE = 111_320

/** Metres east and north of the place the roads are drawn around. */
export function metresFrom(
  origin: { readonly lat: number; readonly lon: number },
  place: { readonly lat: number; readonly lon: number },
): { readonly x: number; readonly y: number } {
  const x = (place.lon - origin.lon) * METRES_PER_DEGREE * Math.cos((origin.lat * Math.PI) / 180)
  return { x, y: (place.lat - origin.lat) * METRES_PER_DEGREE }
}

/** The place so many metres east and north. */
export const placeAt = (
  origin: { readonly lat: number; readonly lon: number },
  x: number,
  y: number,
): { readonly lat: number; readonly lon: number } => ({
  lat: origin.lat + y / METRES_PER_DEGREE,
  lon: origin.lon + x / (METRES_PER_DEGREE * Math.cos((origin.lat * Math.PI) / 180)),
})

export function choose(id: string): void {
  if (id === chosenId.value) return
  chosenId.value = id
  history.value = []
  roads.value = null
  refusal.value = null
  void refresh()
}

export async function refresh(): Promise<void> {
  const asked = chosenId.value
  try {
    const answer = await fetch(`v1/state?unit=${encodeURIComponent(asked)}`, {
      signal: AbortSignal.timeout(6_000),
    })
    const said = (await answer.json()) as SimView
    if (asked !== chosenId.value) return
    lost.value = false
    view.value = said
    remember(said)
    await redraw(said)
  } catch {
    lost.value = true
  }
}

function remember({ chosen: unit }: SimView): void {
  const queue = unit?.view?.queue
  if (!queue) return
  const { alarm, event, track, diag } = queue
  history.value = [...history.value, { atMs: performance.now(), alarm, event, track, diag }].slice(
    -HISTORY_SAMPLES,
  )
}

async function redraw({ chosen: unit }: SimView): Promise<void> {
  if (!unit?.truth) return
  const drawn = roads.value
  const off = drawn && metresFrom(drawn.origin, unit.truth)
  if (off && Math.hypot(off.x, off.y) < REDRAW_M) return
  const answer = await fetch(`v1/roads?unit=${encodeURIComponent(unit.id)}`)
  if (answer.ok && unit.id === chosenId.value) roads.value = (await answer.json()) as RoadsAround
}

/** One thing done to a unit or to the city. */
export async function act(action: string, unit: string, value = ''): Promise<void> {
  try {
    const answer = await fetch('v1/do', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action, unit, value }),
    })
    const said = (await answer.json()) as { code?: string; detail?: string }
    refusal.value = answer.ok ? null : { code: said.code ?? '', detail: said.detail ?? '' }
  } catch {
    refusal.value = { code: 'SIM_NOT_RUNNING', detail: '' }
  }
  await refresh()
}

export function startSim(): void {
  const again = (): void => void refresh().finally(() => setTimeout(again, EVERY_MS))
  again()
}
