import type { Metres } from '#protocols/geo/local.ts'
import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import { RAIL_HALF_M } from './arterials.ts'
import { cutBlocks } from './blocks.ts'
import type { BlockStyle, StreetEnds } from './blocks.ts'
import { gapM, middleOf, partOf } from './drawing.ts'
import type { Quad, Street } from './drawing.ts'
import type { Frame } from './frame.ts'
import type { StreetNames } from './names.ts'

export type Quarters = { readonly streets: readonly Street[]; readonly parks: readonly Quad[] }

/** Block sizes at scale 1, m2; the generator turns the scale until the town has the junctions asked for. */
const CORE_LEAF_M2 = 6_200
const TOWN_LEAF_M2 = 17_000
const PARK_SHARE = 0.05

/** Fills every cell between the arterials: collectors that run on from cell to cell, then blocks, here and there a park. */
export function quartersOf(
  frame: Frame,
  seed: number,
  scale: number,
  names: StreetNames,
  ends: StreetEnds,
): Quarters {
  const gates = randomOf(seed, 'city', 'gates')
  const columnGate = frame.columns.map(() => 0.5 + gates.uniform(-0.09, 0.09))
  const rowGate = frame.rows.map(() => 0.5 + gates.uniform(-0.09, 0.09))
  const columnNames = new Map<number, string>()
  const streets: Street[] = []
  const parks: Quad[] = []

  for (let j = 0; j + 1 < frame.rows.length; j += 1) {
    if (j === frame.riverRow) continue
    let rowName: string | undefined
    for (let i = 0; i + 1 < frame.columns.length; i += 1) {
      const random = randomOf(seed, `cell-${i}-${j}`, 'blocks')
      const quad: Quad = [frame.at(i, j), frame.at(i + 1, j), frame.at(i + 1, j + 1), frame.at(i, j + 1)]
      if (i === frame.railColumn) {
        streets.push(...railQuarter(quad, frame, scale, random, names, ends))
        rowName = undefined
        continue
      }
      const core = inCore(frame, i, j)
      const [u, v] = [columnGate[i]!, rowGate[j]!]
      const tall = random.chance(core ? 1 : 0.88)
      const wide = random.chance(core ? 1 : 0.88)
      rowName = wide ? (rowName ?? (core ? names.lane() : names.local(false))) : undefined
      if (tall) columnNames.set(i, columnNames.get(i) ?? (core ? names.lane() : names.local(true)))
      else columnNames.delete(i)
      const collector = {
        roadClass: core ? ('residential' as const) : ('tertiary' as const),
        mayBeOneWay: core,
      }
      if (tall)
        streets.push({ ...collector, name: columnNames.get(i)!, points: side(partOf(quad, 0, u, 0, 1), 1) })
      if (rowName !== undefined)
        streets.push({ ...collector, name: rowName, points: side(partOf(quad, 0, 1, 0, v), 2) })
      for (const piece of pieces(quad, tall ? u : 1, wide ? v : 1)) {
        if (!core && random.chance(PARK_SHARE)) parks.push(piece)
        else streets.push(...cutBlocks(piece, styleOf(core, piece, frame, scale), random, names, ends))
      }
    }
  }
  return { streets, parks }
}

const inCore = (frame: Frame, i: number, j: number): boolean =>
  i >= frame.coreColumns[0] && i < frame.coreColumns[1] && j >= frame.coreRows[0] && j < frame.coreRows[1]

/** Blocks grow towards the ring. */
function styleOf(core: boolean, piece: Quad, frame: Frame, scale: number): BlockStyle {
  if (core) return { kind: 'core', leafM2: CORE_LEAF_M2 * scale, jitter: 0.16, lean: 0.07, deadEnds: 0.22 }
  const middle = middleOf(piece)
  const out = Math.max(Math.abs(middle.x), Math.abs(middle.y)) / frame.ringM
  return {
    kind: 'town',
    leafM2: TOWN_LEAF_M2 * scale * (0.7 + 1.2 * out * out),
    jitter: 0.12,
    lean: 0.03,
    deadEnds: 0.16,
  }
}

function pieces(quad: Quad, u: number, v: number): Quad[] {
  const west = u === 1 ? [[0, 1] as const] : [[0, u] as const, [u, 1] as const]
  const south = v === 1 ? [[0, 1] as const] : [[0, v] as const, [v, 1] as const]
  return west.flatMap(([w, e]) => south.map(([s, n]) => partOf(quad, w, e, s, n)))
}

const side = (quad: Quad, k: 1 | 2): Metres[] => [quad[k], quad[k + 1]!]

/** Both sides of the railway: either a lane along the fence with blocks behind it, or yards and sheds without streets. */
function railQuarter(
  quad: Quad,
  frame: Frame,
  scale: number,
  random: Random,
  names: StreetNames,
  ends: StreetEnds,
): Street[] {
  const strip = RAIL_HALF_M / ((gapM(quad[0], quad[1]) + gapM(quad[3], quad[2])) / 2)
  const halves = [
    { piece: partOf(quad, 0, 0.5 - strip, 0, 1), fence: 1 as const },
    { piece: partOf(quad, 0.5 + strip, 1, 0, 1), fence: 3 as const },
  ]
  return halves.flatMap(({ piece, fence }) => {
    if (!random.chance(0.7)) return []
    const points = [piece[fence], piece[(fence + 1) % 4]!]
    const lane: Street = { name: names.local(true), roadClass: 'residential', points, mayBeOneWay: false }
    return [lane, ...cutBlocks(piece, styleOf(false, piece, frame, scale), random, names, ends)]
  })
}
