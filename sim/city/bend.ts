import type { Metres } from '#protocols/geo/local.ts'
import { hash32 } from '../random.ts'

/**
 * Bends the drawing board. The town is planned with straight lines; this smooth field then moves every point a little,
 * so that arterials sway and old-town lanes wander, while nothing that did not cross before crosses after: the steepest
 * slope of the three waves together stays under 1 (3 x reach / cell each: 0.18 + 0.16 + 0.26), so no two points swap.
 */
const WAVES = [
  { cellM: 1500, reachM: 90, coreOnly: false },
  { cellM: 420, reachM: 22, coreOnly: false },
  { cellM: 150, reachM: 13, coreOnly: true },
] as const

export type Bend = (p: Metres) => Metres

/** Half sizes of an old town and where its middle is; the origin when not told. */
export type Core = { readonly halfX: number; readonly halfY: number; readonly at?: Metres }

/** The finest wave bends the old towns alone and fades out over 150 m around them. */
export function bendOf(seed: number, ...cores: readonly Core[]): Bend {
  const noises = WAVES.flatMap((_, turn) => [noiseOf(seed, 2 * turn), noiseOf(seed, 2 * turn + 1)])
  return p => {
    let { x, y } = p
    WAVES.forEach((wave, turn) => {
      const reachM = wave.coreOnly
        ? wave.reachM * Math.max(...cores.map(core => insideShare(p, core)))
        : wave.reachM
      if (reachM === 0) return
      x += reachM * noises[2 * turn]!(p.x / wave.cellM, p.y / wave.cellM)
      y += reachM * noises[2 * turn + 1]!(p.x / wave.cellM, p.y / wave.cellM)
    })
    return { x, y }
  }
}

function insideShare(p: Metres, { halfX, halfY, at = { x: 0, y: 0 } }: Core): number {
  const outsideM = Math.max(Math.abs(p.x - at.x) - halfX, Math.abs(p.y - at.y) - halfY, 0)
  return 1 - ease(Math.min(1, outsideM / 150))
}

/** Value noise in [-1, 1] on a lattice, eased between the corners; every corner is drawn once and remembered. */
function noiseOf(seed: number, channel: number): (u: number, v: number) => number {
  const corners = new Map<number, number>()
  const corner = (a: number, b: number): number => {
    const key = (a + 0x8_0000) * 0x10_0000 + b + 0x8_0000
    let value = corners.get(key)
    if (value === undefined) {
      value = (hash32(`${channel}/${a}/${b}`, seed) / 0xffff_ffff) * 2 - 1
      corners.set(key, value)
    }
    return value
  }
  return (u, v) => {
    const [i, j] = [Math.floor(u), Math.floor(v)]
    const [s, t] = [ease(u - i), ease(v - j)]
    const low = corner(i, j) * (1 - s) + corner(i + 1, j) * s
    const high = corner(i, j + 1) * (1 - s) + corner(i + 1, j + 1) * s
    return low * (1 - t) + high * t
  }
}

const ease = (t: number): number => t * t * (3 - 2 * t)
