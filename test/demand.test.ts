import { describe, expect, it } from 'vitest'
import { demandByClass } from '#gateway/coverage/demand.ts'
import { cellOf, DemandHistory, NO_HISTORY } from '#gateway/coverage/demand-history.ts'
import type { Counted } from '#gateway/coverage/demand-history.ts'
import { DemandPace } from '#gateway/coverage/demand-pace.ts'
import { DEMAND_RULES, learnedDemand } from '#gateway/coverage/learned-demand.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'

const HOUR_MS = 3_600_000
/** 2026-11-24T02:00Z: ten in the morning. */
const TEN = Date.UTC(2026, 10, 24, 2)
const incident = (lat: number, lon: number, utcMs = TEN, over: Partial<Counted> = {}): Counted => ({
  place: { lat, lon },
  receivedUtcMs: utcMs,
  exercise: false,
  closed: null,
  ...over,
})
const historyOf = (incidents: readonly Counted[]): DemandHistory => {
  const history = new DemandHistory()
  for (const one of incidents) history.changed(null, one)
  return history
}
const graph = graphOf(scatteredCity(7, 300))
const byClass = demandByClass(graph)
const metres = (edge: number): number => (graph.edgeLengthDm[edge] ?? 0) / 10
const whole = (weights: Float64Array): number =>
  weights.reduce((sum, weight, edge) => sum + weight * metres(edge), 0)
const middle = (edge: number): { lat: number; lon: number } => {
  const shape = graph.edgeShape(edge)
  const lengths = shape.slice(1).map((b, i) => {
    const a = shape[i]!
    return Math.hypot((b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180), b[1] - a[1])
  })
  let rest = lengths.reduce((sum, length) => sum + length, 0) / 2
  for (const [i, length] of lengths.entries()) {
    const [a, b] = [shape[i]!, shape[i + 1]!]
    if (rest <= length) {
      const t = length > 0 ? rest / length : 0
      return { lon: a[0] + t * (b[0] - a[0]), lat: a[1] + t * (b[1] - a[1]) }
    }
    rest -= length
  }
  return { lon: shape[0]![0], lat: shape[0]![1] }
}

describe('when demand is told again', () => {
  it('is when something was counted or the hour changed, once a minute at most', () => {
    const pace = new DemandPace()
    const at = (seconds: number) => ({ monoMs: seconds * 1000, utcMs: TEN + seconds * 1000 })
    expect(pace.isDue(0, at(0))).toBe(true)
    expect(pace.isDue(0, at(100))).toBe(false)
    expect(pace.isDue(1, at(101))).toBe(true)
    expect(pace.isDue(2, at(102))).toBe(false)
    expect(pace.isDue(2, at(161))).toBe(true)
    expect(pace.isDue(2, at(3_599))).toBe(false)
    expect(pace.isDue(2, at(3_600))).toBe(true)
  })
})

describe('demand learned from history', () => {
  it('is length by road class until a hundred incidents were seen', () => {
    expect(learnedDemand(NO_HISTORY)(graph)).toEqual(byClass)
    const few = historyOf(Array.from({ length: 99 }, () => incident(35.6, 116.95)))
    expect(learnedDemand(few.counts(TEN))(graph)).toEqual(byClass)
  })

  it('is the smoothed share of each cell at this hour, and weighs as much in all as before', () => {
    const random = seeded(3)
    const places = Array.from({ length: 900 }, () => {
      const at = middle(Math.floor(random() * random() * graph.edgeCount))
      return incident(at.lat, at.lon, TEN + Math.floor(random() * 24) * HOUR_MS)
    })
    const counts = historyOf(places).counts(TEN)
    const learned = learnedDemand(counts)(graph)
    expect(whole(learned) / whole(byClass)).toBeCloseTo(1, 9)
    // By hand, cell by cell.
    const near = (hour: number): number => (hour === 10 ? 0.5 : hour === 9 || hour === 11 ? 0.25 : 0)
    const hourOf = (utcMs: number): number => new Date(utcMs + 8 * HOUR_MS).getUTCHours()
    const edges = Array.from({ length: graph.edgeCount }, (_, edge) => edge)
    const cellOfEdge = edges.map(edge => cellOf(middle(edge)))
    const nowAll = places.reduce((sum, one) => sum + near(hourOf(one.receivedUtcMs)), 0)
    let cells = 0
    for (const cell of new Set(cellOfEdge)) {
      const mine = edges.filter(edge => cellOfEdge[edge] === cell)
      const weight = mine.reduce((sum, edge) => sum + (byClass[edge] ?? 0) * metres(edge), 0)
      if (weight === 0) continue
      const roads = weight / whole(byClass)
      const here = places.filter(({ place }) => cellOf(place) === cell)
      const now = here.reduce((sum, one) => sum + near(hourOf(one.receivedUtcMs)), 0)
      const day = (here.length + DEMAND_RULES.roadsCountAs * roads) / (900 + DEMAND_RULES.roadsCountAs)
      const share = (now + DEMAND_RULES.dayCountsAs * day) / (nowAll + DEMAND_RULES.dayCountsAs)
      const got = mine.reduce((sum, edge) => sum + (learned[edge] ?? 0) * metres(edge), 0)
      expect(got / whole(byClass)).toBeCloseTo(share, 9)
      cells++
    }
    console.info(`learned demand = by hand in ${cells} cells`)
    expect(cells).toBeGreaterThan(50)
  })

  it('tells an hour from another, and a busy cell from a quiet one', () => {
    const at = middle(10)
    const night = TEN + 12 * HOUR_MS
    const history = historyOf(Array.from({ length: 400 }, () => incident(at.lat, at.lon, night)))
    const weightAt = (utcMs: number): number => learnedDemand(history.counts(utcMs))(graph)[10] ?? NaN
    expect(weightAt(night)).toBeGreaterThan(1.2 * weightAt(TEN))
    expect(weightAt(TEN)).toBeGreaterThan(5 * (byClass[10] ?? NaN))
  })

  it('never counts exercises, nor what turns out to be a duplicate', () => {
    const history = historyOf([incident(35.6, 117), incident(35.6, 117, TEN, { exercise: true })])
    expect(history.counts(TEN).incidents).toBe(1)
    const one = incident(35.6, 117)
    history.changed(null, one)
    history.changed(one, { ...one, closed: {} })
    expect(history.counts(TEN).incidents).toBe(2)
    history.changed({ ...one, closed: {} }, { ...one, closed: { duplicate: true } })
    expect(history.counts(TEN)).toMatchObject({ incidents: 1, cells: [{ all: 1, now: 0.5 }] })
  })

  it('gives away counts by cell and hour, and nothing else', () => {
    const counts = historyOf([incident(35.60123, 117.00456)]).counts(TEN)
    expect(Object.keys(counts).sort()).toEqual(['cells', 'hour', 'incidents', 'incidentsNow'])
    expect(JSON.stringify(counts)).not.toMatch(/35\.6|117\.0/)
    expect(counts).toMatchObject({ hour: 10, cells: [{ cell: '7120 23400' }] })
  })

  it('puts an incident in a field on the roads beside it, and one at sea nowhere', () => {
    const edge = 20
    const at = middle(edge)
    const sea = historyOf(Array.from({ length: 200 }, () => incident(10, 20)))
    const learned = learnedDemand(sea.counts(TEN))(graph)
    expect(learned[edge]).toBeCloseTo(byClass[edge] ?? NaN, 9)
    expect(cellOf(at)).not.toBe(cellOf({ lat: 10, lon: 20 }))
  })
})
