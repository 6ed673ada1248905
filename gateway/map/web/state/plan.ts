import { computed, effect, signal } from '@preact/signals'
import type { ForeseenView } from '#protocols/coverage.ts'
import type { Result } from '#protocols/result.ts'
import { ranked } from './focus.ts'
import { foreseenFor } from './gateway-http.ts'
import { picked } from './keyboard.ts'

/*
 * A dispatch before it is given: the candidate under the pointer, else the one Enter would send, and those added to it.
 *
 *     candidates -> plannedUnits -> /v1/coverage/foreseen -> road it uncovers, cost, before and after
 */
export const hovered = signal<string | null>(null)
/** Sent together with it: Ctrl and a click. */
export const together = signal<readonly string[]>([])

export const plannedUnits = computed((): readonly string[] => {
  const first = hovered.value ?? ranked.value[picked.value]
  if (first === undefined || !ranked.value.includes(first)) return []
  return [first, ...together.value.filter(id => id !== first && ranked.value.includes(id))]
})

/** Which coverage the roads show: as it is, or compared with how it would be. */
export const comparing = signal<'off' | 'before' | 'after'>('off')
export const nextComparing = (): void => {
  comparing.value = ({ off: 'after', after: 'before', before: 'off' } as const)[comparing.value]
}

/** The newest answer for the plan on the screen; null while there is none. */
export const foreseen = signal<Result<ForeseenView> | null>(null)

/** Cars move: an answer older than this is asked for again. */
const AGAIN_MS = 5_000
/** A pointer that passes over the list asks nothing. */
const SOON_MS = 120

export function startPlan(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = ''
  const ask = async (units: readonly string[]): Promise<void> => {
    const key = units.join()
    const answer = await foreseenFor(units)
    if (key !== asked) return
    foreseen.value = answer
    timer = setTimeout(() => void ask(units), AGAIN_MS)
  }
  effect(() => {
    const units = plannedUnits.value
    const key = units.join()
    if (key === asked) return
    asked = key
    clearTimeout(timer)
    foreseen.value = null
    if (units.length > 0) timer = setTimeout(() => void ask(units), SOON_MS)
  })
  effect(() => {
    if (ranked.value.length > 0) return
    comparing.value = 'off'
    hovered.value = null
    together.value = []
  })
}
