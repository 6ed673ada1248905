import type { Position } from '#protocols/geo/polygon.ts'

/*
 * A map of countries as a set of border lines, each drawn once. A face names the lines around it, counter-clockwise;
 * faces put together lose the lines they share. Neighbours therefore have the very same points along their border, and
 * there is neither gap nor overlap, whatever the lines look like.
 *
 *    +--a--+--b--+      union of the two faces: without e
 *    d     e     f
 *    +--c--+--g--+
 */
export type Side = { readonly line: string; readonly forward: boolean }
export type Face = readonly Side[]

type Line = { readonly from: string; readonly to: string; readonly points: readonly Position[] }

export class BorderLines {
  private readonly lines = new Map<string, Line>()

  /** Draws a line between two named corners, once. */
  draw(name: string, from: string, to: string, points: () => readonly Position[]): void {
    if (!this.lines.has(name)) this.lines.set(name, { from, to, points: points() })
  }

  /** The outline of the faces together: closed rings, the outer one first. */
  outlineOf(faces: readonly Face[]): Position[][] {
    const sides = new Map<string, Side>()
    for (const side of faces.flat()) {
      if (sides.has(side.line)) sides.delete(side.line)
      else sides.set(side.line, side)
    }
    const leaving = new Map<string, Side[]>()
    for (const side of sides.values()) {
      const from = this.endsOf(side).from
      leaving.set(from, [...(leaving.get(from) ?? []), side])
    }
    const rings: Position[][] = []
    for (const first of leaving.keys()) {
      while ((leaving.get(first)?.length ?? 0) > 0) rings.push(this.ringFrom(first, leaving))
    }
    return rings.sort((a, b) => boxArea(b) - boxArea(a))
  }

  private ringFrom(first: string, leaving: Map<string, Side[]>): Position[] {
    const ring: Position[] = []
    let corner = first
    do {
      const side = leaving.get(corner)?.pop()
      if (side === undefined) throw new Error(`the border is open at ${corner}`)
      ring.push(...this.pointsOf(side).slice(0, -1))
      corner = this.endsOf(side).to
    } while (corner !== first)
    return [...ring, ring[0]!]
  }

  private endsOf({ line, forward }: Side): { readonly from: string; readonly to: string } {
    const { from, to } = this.lines.get(line)!
    return forward ? { from, to } : { from: to, to: from }
  }

  private pointsOf({ line, forward }: Side): readonly Position[] {
    const { points } = this.lines.get(line)!
    return forward ? points : [...points].reverse()
  }
}

function boxArea(ring: readonly Position[]): number {
  let [south, north, west, east] = [90, -90, 180, -180]
  for (const [lon, lat] of ring) {
    ;[south, north] = [Math.min(south, lat), Math.max(north, lat)]
    ;[west, east] = [Math.min(west, lon), Math.max(east, lon)]
  }
  return (north - south) * (east - west)
}
