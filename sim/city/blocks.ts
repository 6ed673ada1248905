import type { Metres } from '#protocols/geo/local.ts'
import type { Random } from '../random.ts'
import { areaOf, gapM, lerp } from './drawing.ts'
import type { Quad, Street } from './drawing.ts'
import type { StreetNames } from './names.ts'

/** How a piece of town is cut up. */
export type BlockStyle = {
  readonly kind: 'core' | 'town' | 'village'
  /** A block smaller than this is left whole, m2. */
  readonly leafM2: number
  /** How far from the middle a cut may fall, and how much it may lean, as shares of the side. */
  readonly jitter: number
  readonly lean: number
  /** Share of the last cuts that stop half-way. */
  readonly deadEnds: number
}

const NARROWEST_BLOCK_M = 48
/** A cut that would end this close to another street's end meets it instead: crossroads, not pairs of Ts. */
const MEET_WITHIN_M = 34

/**
 * Cuts a piece of land into blocks, always across its longer side, and lays a street on every cut. The outer sides get
 * no street: they are the roads that were there before.
 */
export function cutBlocks(
  quad: Quad,
  style: BlockStyle,
  random: Random,
  names: StreetNames,
  ends: StreetEnds,
): Street[] {
  const streets: Street[] = []
  const cut = (q: Quad): void => {
    const leafM2 = style.leafM2 * random.uniform(0.7, 1.5)
    const [a, b, c, d] = q
    const width = (gapM(a, b) + gapM(d, c)) / 2
    const height = (gapM(a, d) + gapM(b, c)) / 2
    const area = areaOf(q)
    if (area < leafM2 || Math.max(width, height) < 2 * NARROWEST_BLOCK_M) {
      streets.push(...yardLane(q, area, style, random))
      return
    }
    const northSouth = width >= height
    const middle = 0.5 + random.uniform(-style.jitter, style.jitter)
    const lean = random.uniform(-style.lean, style.lean)
    const from = northSouth ? ends.meet(a, b, middle - lean) : ends.meet(a, d, middle - lean)
    const to = northSouth ? ends.meet(d, c, middle + lean) : ends.meet(b, c, middle + lean)
    const last = area < 2 * style.leafM2
    if (last && random.chance(style.deadEnds)) {
      const reach = random.uniform(0.45, 0.75)
      streets.push(
        streetOn(random.chance(0.5) ? [from, lerp(from, to, reach)] : [to, lerp(to, from, reach)], true),
      )
      return
    }
    streets.push(streetOn([from, to], last))
    if (northSouth) {
      cut([a, from, to, d])
      cut([from, b, c, to])
    } else {
      cut([a, b, to, from])
      cut([from, to, c, d])
    }

    function streetOn(points: readonly Metres[], minor: boolean): Street {
      const named = style.kind !== 'town' || !minor || random.chance(0.55)
      const name = style.kind === 'core' ? names.lane() : named ? names.local(northSouth) : ''
      return { points, name, roadClass: classOf(style, minor, named), mayBeOneWay: style.kind !== 'village' }
    }
  }
  cut(quad)
  return streets
}

function classOf(style: BlockStyle, minor: boolean, named: boolean): Street['roadClass'] {
  if (style.kind === 'village') return minor ? 'living_street' : 'unclassified'
  if (style.kind === 'core') return minor ? 'living_street' : 'residential'
  return named ? 'residential' : 'service'
}

/** A big walled block of flats has one gate and a lane inside. */
function yardLane(q: Quad, area: number, style: BlockStyle, random: Random): Street[] {
  if (style.kind !== 'town' || area < 16_000 || !random.chance(0.4)) return []
  const side = random.integer(0, 3)
  const from = lerp(q[side]!, q[(side + 1) % 4]!, random.uniform(0.35, 0.65))
  const to = lerp(q[(side + 3) % 4]!, q[(side + 2) % 4]!, random.uniform(0.35, 0.65))
  const reach = random.uniform(0.45, 0.7)
  return [{ points: [from, lerp(from, to, reach)], name: '', roadClass: 'service', mayBeOneWay: false }]
}

/** Where streets end on the sides of blocks, in a hash of 50 m squares, so that a later street can meet them. */
export class StreetEnds {
  private readonly squares = new Map<string, Metres[]>()

  /** The point at share `t` of the side, or an end already on that side and near enough. */
  meet(a: Metres, b: Metres, t: number): Metres {
    const wanted = lerp(a, b, t)
    const length = gapM(a, b)
    let best: Metres | undefined
    let bestM = MEET_WITHIN_M
    for (const end of this.near(wanted)) {
      const along = ((end.x - a.x) * (b.x - a.x) + (end.y - a.y) * (b.y - a.y)) / length
      const across = ((end.x - a.x) * (b.y - a.y) - (end.y - a.y) * (b.x - a.x)) / length
      if (Math.abs(across) > 0.01 || along < 0.2 * length || along > 0.8 * length) continue
      if (gapM(end, wanted) < bestM) [best, bestM] = [end, gapM(end, wanted)]
    }
    if (best !== undefined) return best
    const key = keyOf(wanted.x, wanted.y)
    this.squares.set(key, [...(this.squares.get(key) ?? []), wanted])
    return wanted
  }

  private near(p: Metres): Metres[] {
    const found: Metres[] = []
    for (const dx of [-50, 0, 50])
      for (const dy of [-50, 0, 50]) found.push(...(this.squares.get(keyOf(p.x + dx, p.y + dy)) ?? []))
    return found
  }
}

const keyOf = (x: number, y: number): string => `${Math.floor(x / 50)}/${Math.floor(y / 50)}`
