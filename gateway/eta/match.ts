import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import { RoadSnap } from '../roads/snap.ts'
import { RoadShapes } from './road-shapes.ts'
import { commonTrail, isLong, stepsOf } from './trail.ts'
import type { Part, Step, Trail } from './trail.ts'
import { WaysOn } from './ways-on.ts'

/*
 * Fixes of one car to drives of the road graph (after P. Newson and J. Krumm 2009, with a search forward from where the car
 * was in place of one between candidates):
 *
 *     fix      ·        ·      ·        ·
 *     road  ───●────────●──────┬────────●──────      a guess: a place on a drive and what it costs to believe it
 *                              └──●──                a guess that soon costs too much
 *
 * Every guess goes on from where it is, over the nodes a search goes over, to every drive near the next fix. Up to eight live
 * on; what all of them share is certain and is told. A car never goes back on a drive: noise stands still, and who truly turned
 * round is found anew. Nothing is told about a stretch that no way explains, or that several explain.
 */
export type Fix = {
  readonly lat: number
  readonly lon: number
  /** By a clock that does not jump within one boot of the car. */
  readonly monoMs: number
  readonly speedMps?: number | undefined
  readonly trackDeg?: number | undefined
}

export type Matched = {
  /** What became certain, oldest first. */
  readonly steps: readonly Step[]
  /** The way ends here: what comes next does not follow from it. */
  readonly isBroken: boolean
}

/** What the matcher remembers of one car; nothing but the last moments. */
export type Matching = { guesses: readonly Guess[]; fix: Fix | null }
export const NOTHING_MATCHED: Matching = { guesses: [], fix: null }

type Guess = {
  readonly drive: Drive
  readonly alongM: number
  /** Of a search, at the end of the drive. */
  readonly node: number
  readonly cost: number
  readonly trail: Trail | null
}

/** A fix further from every road is a yard, or wrong. */
const NEAR_M = 35
/** What a fix in a street is wrong by, in one direction. */
const SIGMA_M = 6
/** Metres by which a way may be longer than the straight line, for one unit of cost; and with the length of the step. */
const DETOUR_M = 10
const DETOUR_SHARE = 0.1
/** A track against the road counts as much as a fix four sigmas off. */
const AGAINST_COST = 8
const TRACK_TRUSTED_MPS = 3
/** Below this a receiver says that the car stands, and a place that creeps on is noise. */
const STANDING_MPS = 0.6
const CREEP_M = 15
/** No car is faster; a receiver that jumps is. */
const FASTEST_MPS = 60
/** Longer silences hide a stop or a turn. */
const SILENCE_MS_MAX = 60_000
const GUESSES_MAX = 8
/** Beyond this a guess is not believed beside the best. */
const DEARER_MAX = 12

export class RoadMatcher {
  readonly graph: RoadGraph
  readonly shapes: RoadShapes
  private readonly snap: RoadSnap
  private readonly ways: WaysOn

  /** An index of the roads that others use too need not be made again. */
  constructor(graph: RoadGraph, snap: RoadSnap = new RoadSnap(graph)) {
    this.graph = graph
    this.shapes = new RoadShapes(graph)
    this.snap = snap
    this.ways = new WaysOn(this.shapes)
  }

  /** Takes the next fix of a car, in the order they were made; changes `matching` and answers what is certain now. */
  take(matching: Matching, fix: Fix): Matched {
    const { fix: last, guesses } = matching
    if (last !== null && guesses.length > 0 && follows(last, fix)) {
      const next = this.goOn(guesses, last, fix)
      if (next.length > 0) {
        const steps = this.settle(matching, next)
        matching.fix = fix
        return { steps, isBroken: false }
      }
    }
    const steps = this.end(matching)
    matching.guesses = this.begin(fix)
    matching.fix = fix
    return { steps, isBroken: last !== null }
  }

  /** Forgets where the car was; what its best guess says until here is told. */
  end(matching: Matching): readonly Step[] {
    const best = matching.guesses[0]
    matching.guesses = []
    matching.fix = null
    return best === undefined ? [] : stepsOf(best.trail)
  }

  /** The nearest road and those that meet it: whichever of them the car is on. */
  private begin(fix: Fix): Guess[] {
    const found = this.snap.snap(fix.lat, fix.lon, NEAR_M, fix)
    if (found === undefined) return []
    const [x, y] = [this.shapes.xOf(fix.lon), this.shapes.yOf(fix.lat)]
    const drives = new Set<Drive>([2 * found.edge, 2 * found.edge + 1])
    for (const node of [this.graph.edgeFrom[found.edge]!, this.graph.edgeTo[found.edge]!])
      for (let arc = this.graph.arcFirst[node]!; arc < this.graph.arcFirst[node + 1]!; arc++) {
        drives.add(this.graph.arcDrive[arc]!)
        drives.add(this.graph.arcDrive[arc]! ^ 1)
      }
    const guesses: Guess[] = []
    for (const drive of drives) {
      if (!this.graph.isOpen(drive)) continue
      this.shapes.project(drive, x, y)
      if (this.shapes.awayM > NEAR_M) continue
      const node = this.graph.driveEnd[drive]!
      guesses.push({ drive, alongM: this.shapes.foundM, node, cost: this.unlikely(fix), trail: null })
    }
    return bestOf(guesses)
  }

  private goOn(guesses: readonly Guess[], last: Fix, fix: Fix): Guess[] {
    const [x, y] = [this.shapes.xOf(fix.lon), this.shapes.yOf(fix.lat)]
    const straightM = Math.hypot(x - this.shapes.xOf(last.lon), y - this.shapes.yOf(last.lat))
    const next = new Map<number, Guess>()
    const offer = (guess: Guess): void => {
      const key = guess.drive * (this.graph.searchCount + 1) + guess.node
      const known = next.get(key)
      if (known === undefined || guess.cost < known.cost) next.set(key, guess)
    }
    for (const guess of guesses) this.onwards(guess, { x, y, straightM, last, fix }, offer)
    return bestOf([...next.values()])
  }

  private onwards(
    guess: Guess,
    { x, y, straightM, last, fix }: { x: number; y: number; straightM: number; last: Fix; fix: Fix },
    offer: (guess: Guess) => void,
  ): void {
    const { shapes, ways } = this
    const detourM = DETOUR_M + DETOUR_SHARE * straightM
    const between = (wayM: number): number => Math.abs(wayM - straightM) / detourM
    const lengthM = shapes.lengthM(guess.drive)
    const stepTo = (parts: readonly Part[], isClear: boolean): Trail => ({
      before: guess.trail,
      step: { fromMs: last.monoMs, toMs: fix.monoMs, parts, isClear },
      depth: (guess.trail?.depth ?? 0) + 1,
    })
    shapes.project(guess.drive, x, y, guess.alongM)
    if (shapes.awayM <= NEAR_M) {
      const aheadM = shapes.foundM - guess.alongM
      const isStill = (fix.speedMps ?? Infinity) < STANDING_MPS && aheadM < CREEP_M
      const alongM = isStill ? guess.alongM : shapes.foundM
      const cost = guess.cost + this.unlikely(fix) + between(alongM - guess.alongM)
      const part = partOf(guess.drive, guess.alongM, alongM, lengthM)
      offer({ ...guess, alongM, cost, trail: stepTo([part], true) })
    }
    const mostM = 1.5 * straightM + 2 * NEAR_M
    ways.look(guess.drive, guess.node, lengthM - guess.alongM, mostM)
    for (let i = 0; i < ways.count; i++) {
      const drive = ways.drives[i]!
      shapes.project(drive, x, y)
      if (shapes.awayM > NEAR_M || ways.beforeM[i]! + shapes.foundM > mostM) continue
      const alongM = shapes.foundM
      const cost = guess.cost + this.unlikely(fix) + between(ways.beforeM[i]! + alongM)
      const parts = [partOf(drive, 0, alongM, shapes.lengthM(drive))]
      let isClear = ways.alike[i] === 0
      for (let at = ways.parents[i]!; at >= 0; at = ways.parents[at]!) {
        isClear &&= ways.alike[at] === 0
        parts.push({ drive: ways.drives[at]!, from: 0, to: 1 })
      }
      parts.push(partOf(guess.drive, guess.alongM, lengthM, lengthM))
      offer({ drive, alongM, node: ways.nodes[i]!, cost, trail: stepTo(parts.reverse(), isClear) })
    }
  }

  /** What it costs to believe that the fix was made at the place just projected. */
  private unlikely({ speedMps = 0, trackDeg }: Fix): number {
    const { awayM, eastward, northward } = this.shapes
    const away = (awayM / SIGMA_M) ** 2 / 2
    if (trackDeg === undefined || speedMps < TRACK_TRUSTED_MPS) return away
    const track = (trackDeg * Math.PI) / 180
    const along = eastward * Math.sin(track) + northward * Math.cos(track)
    return away + (AGAINST_COST * (1 - along)) / 2
  }

  /** Keeps the guesses; what they have in common is certain and is cut off their trails. */
  private settle(matching: Matching, guesses: readonly Guess[]): readonly Step[] {
    const best = guesses[0]!
    // Guesses that stay apart for so long are as good as each other: the best is taken.
    const kept = isLong(best.trail) ? [best] : guesses
    const certain = commonTrail(kept.map(guess => guess.trail))
    const steps = stepsOf(certain)
    if (certain !== null) certain.before = certain.step = null
    const least = best.cost
    matching.guesses = kept.map(guess => ({ ...guess, cost: guess.cost - least }))
    return steps
  }
}

function follows(last: Fix, fix: Fix): boolean {
  const ms = fix.monoMs - last.monoMs
  if (ms <= 0 || ms > SILENCE_MS_MAX) return false
  const metres =
    111_195 * Math.hypot(fix.lat - last.lat, (fix.lon - last.lon) * Math.cos((fix.lat * Math.PI) / 180))
  return metres <= (FASTEST_MPS * ms) / 1000 + NEAR_M
}

const partOf = (drive: Drive, fromM: number, toM: number, lengthM: number): Part =>
  lengthM === 0 ? { drive, from: 0, to: 1 } : { drive, from: fromM / lengthM, to: toM / lengthM }

/** The most believable, best first; none far dearer than the best. */
function bestOf(guesses: Guess[]): Guess[] {
  guesses.sort((a, b) => a.cost - b.cost || a.drive - b.drive || a.node - b.node)
  const most = (guesses[0]?.cost ?? 0) + DEARER_MAX
  return guesses.slice(0, GUESSES_MAX).filter(guess => guess.cost <= most)
}
