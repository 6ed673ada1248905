import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Recommendation } from '#protocols/api.ts'
import type { Result } from '#protocols/result.ts'
import { ranked, routes } from '../state/focus.ts'
import { picked } from '../state/keyboard.ts'

/** Cars move: a list older than this is asked for again while it is on the screen. */
const REFRESH_MS = 5_000

/**
 * Asks for the nearest units now and again, numbers them on the map, and takes the numbers off when the card goes.
 * `key` names the question; null asks nothing.
 */
export function useRecommendation(
  key: string | null,
  ask: () => Promise<Result<Recommendation>>,
): Result<Recommendation> | null {
  const answer = useSignal<Result<Recommendation> | null>(null)
  useEffect(() => {
    if (key === null) return
    let gone = false
    let timer: ReturnType<typeof setTimeout>
    const round = async (): Promise<void> => {
      const next = await ask()
      if (gone) return
      answer.value = next
      ranked.value = next.ok ? next.value.candidates.slice(0, 5).map(one => one.unitId) : []
      routes.value = next.ok ? next.value.candidates.flatMap(one => (one.route ? [one.route] : [])) : []
      // A place without a road stays one; anything else may be different in five seconds.
      if (!next.ok && next.code === 'PLACE_OFF_ROAD') return
      timer = setTimeout(() => void round(), REFRESH_MS)
    }
    picked.value = 0
    void round()
    return () => {
      gone = true
      clearTimeout(timer)
      answer.value = null
      ranked.value = []
      routes.value = []
    }
  }, [key])
  return answer.value
}
