import type { RoadClass } from '#protocols/roads/network.ts'
import { hash32, randomOf } from '#sim/random.ts'
import type { StreetMap } from '#sim/traffic/street-map.ts'
import type { Traffic } from '#sim/traffic/traffic.ts'

/** How many times as long roads of a class take in an hour: log-normal, from the seed. Nobody is told. */
export const HIDDEN_SIGMA = 0.3
/** One drive differs from the next as a whole: log-normal too. */
export const TRIP_SIGMA = 0.06
/**
 * A junction of four ways on a road of the town has lights in one case of three, and they are red two times of five. A patrol
 * waits; a car on its way to an incident looks and is let through.
 */
export const SIGNALS = { share: 1 / 3, red: 0.4, patrolSeconds: [2, 45], responseSeconds: [2, 15] } as const
const SIGNAL_CLASSES: readonly RoadClass[] = ['trunk', 'primary', 'secondary', 'tertiary']

const HOUR_MS = 3_600_000

/** `midnightMs`: when hour 0 begins, by the clock of the movers. */
export function hiddenTraffic(map: StreetMap, seed: number, midnightMs: number): Traffic {
  const factors = new Map<string, number>()
  const factorOf = (roadClass: RoadClass, hour: number): number => {
    const name = `${roadClass}/${hour}`
    const known = factors.get(name)
    if (known !== undefined) return known
    const factor = Math.exp(HIDDEN_SIGMA * randomOf(seed, name, 'hidden').normal(0, 1))
    factors.set(name, factor)
    return factor
  }
  const isSignal = (arc: number): boolean => {
    const node = map.endOf(arc)
    return map.legs[node]! >= 4 && hash32(`signal/${node}`, seed) / 0xffff_ffff < SIGNALS.share
  }
  return {
    slowness: (arc, atMs) => {
      const hour = Math.floor((atMs - midnightMs) / HOUR_MS) % 24
      return factorOf(map.network.edges[arc >> 1]!.roadClass, hour)
    },
    trip: random => Math.exp(TRIP_SIGMA * random.normal(0, 1)),
    redMs: (arc, isResponse, random) => {
      const isTown = SIGNAL_CLASSES.includes(map.network.edges[arc >> 1]!.roadClass)
      if (!isTown || !isSignal(arc) || !random.chance(SIGNALS.red)) return 0
      const [least, most] = isResponse ? SIGNALS.responseSeconds : SIGNALS.patrolSeconds
      return 1000 * random.uniform(least, most)
    },
  }
}
