import type { RoadGraph } from '#protocols/roads/graph.ts'

/*
 * What a metre of an edge stands for in 100 m cells, the slow way: every road is walked from one cell border to the next.
 * The cells begin at the south-west corner of the graph; a degree of latitude is 111,194.93 m (6,371,008.8 m of radius).
 */
const METRES_PER_DEGREE = (6_371_008.8 * Math.PI) / 180
const SIDE_M = 100

export function cellAreaByHand(graph: RoadGraph): { perMetre: number[]; cells: number } {
  const { south, north, west } = graph.metadata.bbox
  const narrowing = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const inCell = new Map<string, Map<number, number>>()
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const points = graph
      .edgeShape(edge)
      .map(([lon, lat]) => [
        ((lon - west) * METRES_PER_DEGREE * narrowing) / SIDE_M,
        ((lat - south) * METRES_PER_DEGREE) / SIDE_M,
      ])
    const lengths = points.slice(1).map((p, i) => Math.hypot(p[0]! - points[i]![0]!, p[1]! - points[i]![1]!))
    const whole = lengths.reduce((sum, length) => sum + length, 0)
    lengths.forEach((length, i) => {
      if (length === 0) return
      const [a, b] = [points[i]!, points[i + 1]!]
      const [dx, dy] = [b[0]! - a[0]!, b[1]! - a[1]!]
      let t = 0
      while (t < 1) {
        const next = Math.min(1, untilBorder(a[0]!, dx, t), untilBorder(a[1]!, dy, t))
        const middle = (t + next) / 2
        const name = `${Math.floor(a[0]! + middle * dx)} ${Math.floor(a[1]! + middle * dy)}`
        const roads = inCell.get(name) ?? new Map<number, number>()
        const metres = ((next - t) * length * graph.edgeLengthDm[edge]!) / 10 / whole
        roads.set(edge, (roads.get(edge) ?? 0) + metres)
        inCell.set(name, roads)
        t = next
      }
    })
  }
  const areas = new Array<number>(graph.edgeCount).fill(0)
  for (const roads of inCell.values()) {
    const sum = [...roads.values()].reduce((a, b) => a + b, 0)
    for (const [edge, metres] of roads)
      if (sum > 0) areas[edge] = areas[edge]! + (metres / sum) * SIDE_M * SIDE_M
  }
  const perMetre = areas.map((area, edge) => (area > 0 ? area / (graph.edgeLengthDm[edge]! / 10) : 0))
  return { perMetre, cells: inCell.size }
}

/** The next share of the way, after `t`, at which a whole number is met. */
function untilBorder(from: number, d: number, t: number): number {
  if (d === 0) return Infinity
  const here = from + t * d
  const border = d > 0 ? Math.floor(here + 1e-9) + 1 : Math.ceil(here - 1e-9) - 1
  const next = (border - from) / d
  return next > t ? next : t + 1e-12
}
