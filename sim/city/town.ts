import type { Metres } from '#protocols/geo/local.ts'
import { randomOf } from '../random.ts'
import { arterialsOf } from './arterials.ts'
import type { TownWords } from './arterials.ts'
import { StreetEnds } from './blocks.ts'
import { lerp, smooth } from './drawing.ts'
import type { Quad, Street } from './drawing.ts'
import { frameOf } from './frame.ts'
import type { Frame } from './frame.ts'
import { junctionsOf } from './junctions.ts'
import type { StreetNames } from './names.ts'
import { outskirtsOf } from './outskirts.ts'
import type { WayOut } from './outskirts.ts'
import { quartersOf } from './quarters.ts'

/** A town on its own drawing board: the drum tower at 0, 0, streets still straight. */
export type Town = {
  readonly frame: Frame
  readonly streets: readonly Street[]
  readonly parks: readonly Quad[]
  /** Where roads leave the drawn town. */
  readonly waysOut: readonly WayOut[]
  /** Found when its streets were drawn alone. */
  readonly junctions: number
  /** Words of the frame's columns and rows, west to east and south to north: what quarters are called after. */
  readonly columnWords: readonly string[]
  readonly rowWords: readonly string[]
}

const STEPS_MAX = 8

export type TownOptions = {
  readonly words?: TownWords
  readonly within?: number
  /** Size of its blocks to begin with. */
  readonly scale?: number
}

/**
 * Blocks shrink or grow until the junctions are as many as asked for, `within` a share (the count falls about as the
 * block size rises), or eight steps are used up. `names` makes the names of one try.
 */
export function planTown(
  seed: number,
  junctions: number,
  names: () => StreetNames,
  { words, within = 0.02, scale: firstScale = 1 }: TownOptions = {},
): Town & { readonly names: StreetNames } {
  const frame = frameOf(seed, junctions)
  const off = (plan: Town): number => Math.abs(plan.junctions - junctions)
  const at = (scale: number) => townAt(frame, seed, scale, names(), words)
  let scale = firstScale
  let plan = at(scale)
  let best = plan
  for (let step = 0; step < STEPS_MAX && off(best) > junctions * within; step += 1) {
    scale *= plan.junctions / junctions
    plan = at(scale)
    if (off(plan) < off(best)) best = plan
  }
  return best
}

function townAt(frame: Frame, seed: number, scale: number, names: StreetNames, words?: TownWords) {
  const ends = new StreetEnds()
  const arterials = arterialsOf(frame, randomOf(seed, 'city', 'arterials'), names, words)
  const quarters = quartersOf(frame, seed, scale, names, ends)
  const outskirts = outskirtsOf(frame, arterials, seed, scale, names, ends, words?.highways)
  const streets = [...arterials.streets, ...quarters.streets, ...outskirts.streets]
  return {
    frame,
    streets,
    parks: quarters.parks,
    waysOut: outskirts.waysOut,
    junctions: junctionsOf(streets).nodes.length,
    columnWords: arterials.columnLines.map(line => line.word),
    rowWords: arterials.rowLines.map(line => line.word),
    names,
  }
}

/** Down the middle of its column, edge to edge of the town's board. */
export function railwayOf(frame: Frame): Metres[] {
  const middles = frame.rows.map((_, j) =>
    lerp(frame.at(frame.railColumn, j), frame.at(frame.railColumn + 1, j), 0.5),
  )
  const edgeM = frame.halfM + 250
  const [first, last] = [middles[0]!, middles[middles.length - 1]!]
  return smooth([{ x: first.x - 120, y: -edgeM }, ...middles, { x: last.x + 160, y: edgeM }], 30)
}
