import type { Polygon } from '#protocols/geo/polygon.ts'

/** A side: the latitude and longitude of its southern end, the latitude of its northern one, and how far east that lies. */
const SIDE_NUMBERS = 4

/**
 * The sides of polygons by the rows of a raster they run through, so that a place is held against those that can cross its
 * latitude and no others: four of a grid's forty.
 *
 *   sides f64[sides*4]        low latitude, low longitude, high latitude, longitude from low to high
 *   slabFirst u32[slabs+1]    a slab is one polygon within one row, polygon after polygon, its rows rising
 *   slabSides u32[]           which sides run through it
 */
export class RowSides {
  private readonly rowOf: (lat: number) => number
  private readonly sides: Float64Array
  private readonly slabFirst: Uint32Array
  private readonly slabSides: Uint32Array
  /** Per polygon its lowest row, and where its slabs begin; one entry more ends the last. */
  private readonly lowestRow: Int32Array
  private readonly firstSlab: Uint32Array

  /** `rowOf` must never fall as the latitude rises. */
  constructor(polygons: readonly Polygon[], rowOf: (lat: number) => number) {
    this.rowOf = rowOf
    this.lowestRow = new Int32Array(polygons.length)
    this.firstSlab = new Uint32Array(polygons.length + 1)
    const sides: number[] = []
    const slabs: number[][] = []
    polygons.forEach((polygon, index) => {
      const rows = polygon.flat().map(([, lat]) => rowOf(lat))
      const lowest = rows.reduce((a, b) => Math.min(a, b), Infinity)
      const highest = rows.reduce((a, b) => Math.max(a, b), -Infinity)
      this.lowestRow[index] = rows.length === 0 ? 0 : lowest
      for (let row = lowest; row <= highest; row++) slabs.push([])
      this.firstSlab[index + 1] = slabs.length
      this.addSides(index, polygon, sides, slabs)
    })
    this.sides = Float64Array.from(sides)
    this.slabFirst = new Uint32Array(slabs.length + 1)
    slabs.forEach((slab, i) => (this.slabFirst[i + 1] = this.slabFirst[i]! + slab.length))
    this.slabSides = Uint32Array.from(slabs.flat())
  }

  /** Whether the polygon holds the place, to the bit as `pointInPolygon` says. */
  holds(index: number, lat: number, lon: number): boolean {
    const slab = this.firstSlab[index]! + this.rowOf(lat) - this.lowestRow[index]!
    if (slab < this.firstSlab[index]! || slab >= this.firstSlab[index + 1]!) return false
    let inside = false
    const end = this.slabFirst[slab + 1]!
    for (let i = this.slabFirst[slab]!; i < end; i++) {
      const side = this.slabSides[i]! * SIDE_NUMBERS
      const low = this.sides[side]!
      const high = this.sides[side + 2]!
      if (lat < low || lat >= high) continue
      if (lon < this.sides[side + 1]! + ((lat - low) * this.sides[side + 3]!) / (high - low)) inside = !inside
    }
    return inside
  }

  /** Level sides never cross a latitude: `pointInPolygon` passes them by, too. */
  private addSides(index: number, polygon: Polygon, sides: number[], slabs: number[][]): void {
    for (const ring of polygon) {
      let previous = ring[ring.length - 1]
      for (const here of ring) {
        const [low, high] =
          previous !== undefined && previous[1] < here[1] ? [previous, here] : [here, previous]
        previous = here
        if (high === undefined || low[1] === high[1]) continue
        const side = sides.length / SIDE_NUMBERS
        sides.push(low[1], low[0], high[1], high[0] - low[0])
        const shift = this.firstSlab[index]! - this.lowestRow[index]!
        for (let row = this.rowOf(low[1]); row <= this.rowOf(high[1]); row++) slabs[shift + row]!.push(side)
      }
    }
  }
}
