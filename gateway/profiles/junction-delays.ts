import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { angleBetweenDeg } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { Profile } from './profile.ts'
import { turnSeconds } from './turn-delay.ts'

/** Seconds lost by turning into a drive and at its end, index with a drive. */
export type JunctionDelays = { readonly enter: Float64Array; readonly leave: Float64Array }

/** The direction of a road at a junction is that of its next metres, not of its first bend. */
const HEADING_M = 20
const STRAIGHT_DEG = 45
/** Each round halves what is left over at the least; after these it is below a tenth of a second. */
const ROUNDS = 8

/**
 * What turns take, folded into drives, so that a search from junction to junction stays exact and quick. The time of a turn
 * belongs to a pair of drives; the best that a number for each can do is the least-squares split
 *
 *     turn(a, b)  =  leave(a) + enter(b)  + what is left over
 *
 * with every pair weighed by the share of drivers who take it (`straightShare` of those who come by a road go straight on
 * where they can, the others equally elsewhere). At a T this is nearly exact: the main road straight on costs nothing,
 * turning into the side road is paid there, turning out of it at its end. At a crossroads straight on and turning share.
 * Where fewer than three roads meet there is no turn; turning round weighs
 * nothing. Forbidden turns weigh like others, so that drives cost the same whether turns are obeyed or not.
 */
export function junctionDelays(graph: RoadGraph, turns: Profile['turns']): JunctionDelays {
  const delays = {
    enter: new Float64Array(2 * graph.edgeCount),
    leave: new Float64Array(2 * graph.edgeCount),
  }
  if (turns.mostSeconds.value === 0) return delays
  const { first, drives } = armsOf(graph)
  const armsMax = first.reduce((most, at, i) => (i === 0 ? 0 : Math.max(most, at - first[i - 1]!)), 0)
  const fold = new JunctionFold(graph, turns, armsMax)
  for (let junction = 0; junction < graph.nodeCount; junction++) {
    const arms = drives.subarray(first[junction], first[junction + 1])
    if (arms.length >= 3) fold.split(arms, delays)
  }
  return delays
}

/**
 * The turns of one junction after the other: row i is coming by arm i, column j leaving by arm j, in matrices that are used
 * again and as wide as the junction with the most arms.
 */
class JunctionFold {
  private readonly graph: RoadGraph
  private readonly turns: Profile['turns']
  private readonly headings: Headings
  private readonly width: number
  private readonly seconds: Float64Array
  private readonly weights: Float64Array
  private readonly rows: Float64Array
  private readonly columns: Float64Array

  constructor(graph: RoadGraph, turns: Profile['turns'], armsMax: number) {
    this.graph = graph
    this.turns = turns
    this.headings = headingsOf(graph)
    this.width = armsMax
    this.seconds = new Float64Array(armsMax * armsMax)
    this.weights = new Float64Array(armsMax * armsMax)
    this.rows = new Float64Array(armsMax)
    this.columns = new Float64Array(armsMax)
  }

  /** Alternating least squares over the pairs of arms, neither side below 0. */
  split(arms: Uint32Array, { enter, leave }: JunctionDelays): void {
    for (let i = 0; i < arms.length; i++) this.weigh(arms, i)
    this.columns.fill(0)
    for (let round = 0; round < ROUNDS; round++) {
      this.fit(this.rows, this.columns, arms.length, this.width, 1)
      this.fit(this.columns, this.rows, arms.length, 1, this.width)
    }
    for (let i = 0; i < arms.length; i++) {
      leave[arms[i]! ^ 1] = this.rows[i]!
      enter[arms[i]!] = this.columns[i]!
    }
  }

  /** Fills a row: what each turn takes for those who come by an arm, and the share of them who take it. */
  private weigh(arms: Uint32Array, i: number): void {
    const from = arms[i]! ^ 1
    const isComing = this.graph.isOpen(from)
    let [ways, straight, leastDeg] = [0, -1, STRAIGHT_DEG]
    for (let j = 0; j < arms.length; j++) {
      const at = i * this.width + j
      this.weights[at] = isComing && this.isTurn(from, arms[j]!) ? 1 : 0
      if (this.weights[at] === 0) continue
      const angle = signedDeg(this.headings.begin[arms[j]!]! - this.headings.end[from]!)
      this.seconds[at] = turnSeconds(angle, this.turns)
      ways++
      if (Math.abs(angle) < leastDeg) [straight, leastDeg] = [j, Math.abs(angle)]
    }
    if (ways === 0) return
    const isShared = straight >= 0 && ways > 1
    const share = isShared ? this.turns.straightShare.value : 1 / ways
    const others = isShared ? (1 - share) / (ways - 1) : share
    for (let j = 0; j < arms.length; j++)
      this.weights[i * this.width + j]! *= isShared && j === straight ? share : others
  }

  private isTurn(from: Drive, onto: Drive): boolean {
    return onto !== (from ^ 1) && this.graph.isOpen(onto)
  }

  /** Sets each of `own` to the weighed mean of what the others leave of its turns. */
  private fit(own: Float64Array, others: Float64Array, count: number, step: number, across: number): void {
    for (let i = 0; i < count; i++) {
      let [sum, weights] = [0, 0]
      for (let j = 0; j < count; j++) {
        const at = i * step + j * across
        sum += this.weights[at]! * (this.seconds[at]! - others[j]!)
        weights += this.weights[at]!
      }
      own[i] = weights > 0 ? Math.max(0, sum / weights) : 0
    }
  }
}

/** Drives that begin at each junction, closed ones too. */
function armsOf(graph: RoadGraph): { readonly first: Uint32Array; readonly drives: Uint32Array } {
  const first = new Uint32Array(graph.nodeCount + 1)
  const all = 2 * graph.edgeCount
  for (let drive = 0; drive < all; drive++) first[graph.driveFrom(drive) + 1]!++
  for (let i = 1; i <= graph.nodeCount; i++) first[i]! += first[i - 1]!
  const next = first.slice()
  const drives = new Uint32Array(all)
  for (let drive = 0; drive < all; drive++) drives[next[graph.driveFrom(drive)]!++] = drive
  return { first, drives }
}

type Headings = { readonly begin: Float64Array; readonly end: Float64Array }

/** Degrees clockwise from north in which each drive begins and ends. */
function headingsOf(graph: RoadGraph): Headings {
  const begin = new Float64Array(2 * graph.edgeCount)
  const end = new Float64Array(2 * graph.edgeCount)
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [first, last] = [graph.edgeShapeFirst[edge]!, graph.edgeShapeFirst[edge + 1]! - 1]
    begin[2 * edge] = headingFrom(graph, first, last, 1)
    begin[2 * edge + 1] = headingFrom(graph, last, first, -1)
    end[2 * edge] = begin[2 * edge + 1]! + 180
    end[2 * edge + 1] = begin[2 * edge]! + 180
  }
  return { begin, end }
}

/** From one end of a shape towards the point HEADING_M along it, or towards its other end. */
function headingFrom(graph: RoadGraph, from: number, to: number, step: 1 | -1): number {
  const { shapeLatE7: lat, shapeLonE7: lon } = graph
  const shrink = Math.cos((lat[from]! / 1e7) * (Math.PI / 180))
  let [x, y, wentM] = [0, 0, 0]
  for (let at = from; at !== to && wentM < HEADING_M; at += step) {
    const dx = ((lon[at + step]! - lon[at]!) / 1e7) * METRES_PER_DEGREE * shrink
    const dy = ((lat[at + step]! - lat[at]!) / 1e7) * METRES_PER_DEGREE
    const lengthM = Math.hypot(dx, dy)
    const part = lengthM > HEADING_M - wentM ? (HEADING_M - wentM) / lengthM : 1
    x += part * dx
    y += part * dy
    wentM += lengthM
  }
  return (Math.atan2(x, y) * 180) / Math.PI
}

/** -180 to 180, to the right above 0. */
function signedDeg(degrees: number): number {
  const turned = ((degrees % 360) + 360) % 360
  return angleBetweenDeg(turned, 0) * (turned <= 180 ? 1 : -1)
}
