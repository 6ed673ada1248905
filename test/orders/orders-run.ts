import type { CoverageMeasured, CoverageUnit } from '#gateway/coverage/coverage-input.ts'
import { demandByClass } from '#gateway/coverage/demand.ts'
import type { MeasuredLoss } from '#gateway/coverage/plans.ts'
import type { MoveUpView } from '#protocols/coverage.ts'
import { coverageByHand } from '../oracle/coverage.ts'
import { PatrolledCity } from './patrolled-city.ts'
import type { PatrolledOptions } from './patrolled-city.ts'

/** Both measures add the same metres in another order: this much of a share is rounding. */
export const ROUNDING = 1e-9

/** A crew that was moved up stands there so long, then patrols again. */
const STANDS_SECONDS = 600
/** So often the city with it there is held against the city had it stayed. */
const LOOKS_EVERY_SECONDS = 60
/** Nothing that is looked at comes later than this. */
const STEP_SECONDS = 5
/** So often coverage is refreshed between orders: holes that pass are told from holes that stay. */
const REFRESH_SECONDS = 15

export type OrdersOptions = PatrolledOptions & {
  readonly orders: number
  /** Seconds between two orders. */
  readonly everySeconds: number
  /** A crew is busy so long on average. */
  readonly busySeconds: number
  /** So often move-ups are looked for; the gateway does so every ten seconds. */
  readonly moveUpsEverySeconds: number
  /** Every so manieth order is checked by hand too. */
  readonly byHandEvery: number
  readonly say?: (words: string) => void
}

export type MoveUpJudged = {
  readonly gain: number
  /** Demand reached when it was there, less what it was when it was accepted. */
  readonly since: number
  /** Less what it would have been at that moment, had the unit stayed where it was. */
  readonly thanStaying: number
  /** The same on average over the time it stood there, until it had other work or was released. */
  readonly whileStanding: number
  readonly seconds: number
}

export type OrdersReport = {
  readonly orders: number
  readonly several: number
  readonly uncovering: number
  readonly sharesCompared: number
  readonly differing: readonly string[]
  readonly largest: number
  readonly byHand: { readonly orders: number; readonly largest: number }
  readonly uncoveredKm: { readonly mean: number; readonly most: number }
  readonly coloursForetold: number
  readonly moveUps: {
    readonly accepted: number
    readonly arrived: number
    /** On the way they got an order, or somebody else came first. */
    readonly dropped: number
    /** More demand is reached with the unit there, all else as when it was accepted and those under way arrived. */
    readonly raisedAtOnce: number
    /** More demand is reached when it is there than when it was accepted. */
    readonly raised: number
    /** More than had it stayed, though incidents and patrols went on meanwhile: when it came, and while it stood there. */
    readonly raisedThanStaying: number
    readonly raisedWhileStanding: number
    readonly meanGain: number
    readonly meanThanStaying: number
    readonly meanWhileStanding: number
  }
}

type UnderWay = {
  readonly view: MoveUpView
  readonly reached: number
  readonly was: CoverageUnit
  readonly sinceSeconds: number
}
type Standing = Pick<UnderWay, 'view' | 'was'> & {
  readonly atSeconds: number
  readonly seconds: number
  readonly since: number
  readonly looks: number[]
}

/**
 * Orders in a patrolled city. Before each the centre says what it would uncover; the order is given, coverage is refreshed
 * at the same moment, and both are compared. Move-ups are accepted as they come, and judged where they end.
 */
export function runOrders(options: OrdersOptions): OrdersReport {
  const city = new PatrolledCity(options)
  const run = new OrdersRun(city, options)
  // Some happen where nobody can go: others take their place.
  for (let order = 0; run.given < options.orders && order < 2 * options.orders; order++) {
    run.wait()
    run.order(order)
    if (order % 100 === 99) options.say?.(`${order + 1} orders, ${run.judged.length} move-ups ended`)
  }
  run.finish()
  return run.report()
}

class OrdersRun {
  readonly judged: MoveUpJudged[] = []
  private readonly city: PatrolledCity
  private readonly options: OrdersOptions
  private readonly busy: {
    readonly incidentId: string
    readonly unitIds: readonly string[]
    readonly until: number
  }[] = []
  private readonly underWay = new Map<string, UnderWay>()
  /** Where they were wanted. */
  private readonly standing = new Map<string, Standing>()
  private readonly differing: string[] = []
  private seconds = 0
  given = 0
  private several = 0
  private uncovering = 0
  private compared = 0
  private largest = 0
  private handOrders = 0
  private handLargest = 0
  private readonly lostM: number[] = []
  private colours = 0
  private accepted = 0
  private raisedAtOnce = 0
  private dropped = 0

  constructor(city: PatrolledCity, options: OrdersOptions) {
    this.city = city
    this.options = options
  }

  /** Until the next order: crews come back, move-ups arrive and are proposed. */
  wait(): void {
    this.passTime(this.options.everySeconds, () => {
      if (this.seconds % this.options.moveUpsEverySeconds === 0) this.lookForMoveUps()
    })
  }

  order(n: number): void {
    const { city } = this
    const before = city.refresh()
    const incident = city.incident()
    const recommended = city.core.recommend(incident.place, city.now(), { routes: 0 })
    if (!recommended.ok) return city.command({ kind: 'incident.close', incidentId: incident.id, reason: '' })
    const wanted = n % 4 === 0 ? city.random.integer(2, 5) : 1
    const sent = recommended.value.candidates.slice(0, wanted).map(one => one.unitId)
    if (sent.length === 0)
      return city.command({ kind: 'incident.close', incidentId: incident.id, reason: '' })
    const foretold = sent.length === 1 ? city.engine.losses(sent)[0] : city.engine.without(sent)
    if (foretold === undefined) throw new Error(`nothing foretold for ${sent.join()}`)
    const counted = city.counted()
    const cost = city.core.foresee(foretold, city.now())
    for (const unitId of sent)
      city.command({ kind: 'order', order: { kind: 'dispatch', incidentId: incident.id, unitId } })
    const after = city.refresh()
    this.compare(n, before, foretold, after)
    this.colours += cost.grids.filter(grid => grid.colourBefore !== grid.colourAfter).length
    if (n % this.options.byHandEvery === 0) this.compareByHand(counted, sent, foretold)
    const until = this.seconds + city.random.exponential(this.options.busySeconds)
    this.busy.push({ incidentId: incident.id, unitIds: sent, until })
    for (const unitId of sent) {
      if (this.underWay.delete(unitId)) this.dropped++
      this.judge(unitId)
    }
    this.given++
    this.several += Number(sent.length > 1)
    this.uncovering += Number(foretold.roadM > 1)
    this.lostM.push(foretold.roadM)
  }

  /** Those still on their way get there and stand their time, as if nothing happened any more. */
  finish(): void {
    for (let step = 0; step < 200 && this.underWay.size + this.standing.size > 0; step++) this.passTime(10)
  }

  report(): OrdersReport {
    const { judged } = this
    const mean = (values: readonly number[]): number =>
      values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      orders: this.given,
      several: this.several,
      uncovering: this.uncovering,
      sharesCompared: this.compared,
      differing: this.differing.slice(0, 20),
      largest: this.largest,
      byHand: { orders: this.handOrders, largest: this.handLargest },
      uncoveredKm: { mean: mean(this.lostM) / 1000, most: Math.max(0, ...this.lostM) / 1000 },
      coloursForetold: this.colours,
      moveUps: {
        accepted: this.accepted,
        arrived: judged.length,
        dropped: this.dropped,
        raisedAtOnce: this.raisedAtOnce,
        raised: judged.filter(one => one.since > ROUNDING).length,
        raisedThanStaying: judged.filter(one => one.thanStaying > ROUNDING).length,
        raisedWhileStanding: judged.filter(one => one.whileStanding > ROUNDING).length,
        meanGain: mean(judged.map(one => one.gain)),
        meanThanStaying: mean(judged.map(one => one.thanStaying)),
        meanWhileStanding: mean(judged.map(one => one.whileStanding)),
      },
    }
  }

  private compare(
    n: number,
    before: CoverageMeasured,
    foretold: MeasuredLoss,
    after: CoverageMeasured,
  ): void {
    const check = (what: string, told: number, measured: number): void => {
      const difference = Math.abs(told - measured)
      this.compared++
      this.largest = Math.max(this.largest, difference)
      if (!(difference <= ROUNDING)) this.differing.push(`order ${n}, ${what}: ${told} foretold, ${measured}`)
    }
    check('road', before.city.circles[2] - foretold.roadShare, after.city.circles[2])
    check('demand', before.city.demandCircles[2] - foretold.demandShare, after.city.demandCircles[2])
    check(
      'area',
      before.city.areaAtLeast[0] - foretold.areaM2 / before.city.areaM2,
      after.city.areaAtLeast[0],
    )
    before.grids.forEach((grid, i) => {
      const loss = foretold.grids.find(one => one.gridId === grid.gridId)
      check(grid.gridId, loss?.shareAfter ?? grid.area.circles[2], after.grids[i]?.area.circles[2] ?? NaN)
    })
  }

  /** One plain Dijkstra per unit, before and after: what was foretold is what lies between. */
  private compareByHand(
    counted: readonly CoverageUnit[],
    sent: readonly string[],
    foretold: MeasuredLoss,
  ): void {
    const stay = counted.filter(unit => !sent.includes(unit.unitId))
    const [before, after] = [this.byHand(counted), this.byHand(stay)]
    this.handOrders++
    for (const difference of [
      Math.abs(before.road - after.road - foretold.roadShare),
      Math.abs(before.demand - after.demand - foretold.demandShare),
    ]) {
      this.handLargest = Math.max(this.handLargest, difference)
      if (!(difference <= ROUNDING)) this.differing.push(`by hand: ${difference} of a share`)
    }
  }

  private byHand(units: readonly CoverageUnit[]): { road: number; demand: number } {
    const { engine, grids } = this.city
    const weights = demandByClass(engine.graph)
    const standing = units.flatMap(unit => {
      const place = engine.placeOf(unit)
      return place === undefined ? [] : [{ ...place, turnoutDs: unit.turnoutSeconds * 10 }]
    })
    const polygons = grids.map(grid => grid.polygon)
    const { areas } = coverageByHand(engine.graph, standing, polygons, edge => weights[edge] ?? 0)
    const city = areas[grids.length]
    return { road: city?.circles[2] ?? NaN, demand: city?.demandCircles[2] ?? NaN }
  }

  private passTime(seconds: number, after = (): void => undefined): void {
    for (let left = seconds; left > 0; left -= STEP_SECONDS) {
      this.passStep(Math.min(left, STEP_SECONDS))
      const isLast = left <= STEP_SECONDS
      if (this.seconds % REFRESH_SECONDS === 0 && !isLast) this.city.refresh()
      after()
    }
  }

  private passStep(seconds: number): void {
    this.seconds += seconds
    const arrived = new Set(this.city.pass(seconds))
    for (const { incidentId, unitIds, until } of this.busy.splice(0)) {
      if (until > this.seconds) {
        this.busy.push({ incidentId, unitIds, until })
        continue
      }
      this.city.command({ kind: 'incident.close', incidentId, reason: 'done' })
      for (const unitId of unitIds) this.city.release(unitId)
    }
    for (const [unitId, one] of this.underWay) {
      const unit = this.city.units.find(other => other.unitId === unitId)
      if (unit !== undefined && arrived.has(unit.deviceId)) this.stand(unitId, one)
    }
    for (const [unitId, one] of this.standing) this.watch(unitId, one)
  }

  private lookForMoveUps(): void {
    this.city.refresh()
    const asked = this.city.core.moveUpsAsked(this.city.now())
    this.city.handle({ type: 'moveups', measured: this.city.engine.moveUps(asked) })
    this.acceptAll()
  }

  private acceptAll(): void {
    const { city } = this
    const view = city.core.coverage(city.now())
    for (const one of view?.moveUps ?? []) {
      const was = city.counted().find(unit => unit.unitId === one.unitId)
      if (one.state !== 'proposed' || was === undefined) continue
      const reached = view?.city.demandCircles[2] ?? NaN
      city.command({ kind: 'moveup.accept', moveUpId: one.id })
      this.accepted++
      const without = [...this.underWay.values()]
      if (this.reachedWith([...without, { view: one }]) > this.reachedWith(without) + ROUNDING)
        this.raisedAtOnce++
      this.underWay.set(one.unitId, { view: one, reached, was, sinceSeconds: this.seconds })
    }
  }

  /** Demand reached now, had these move-ups arrived. */
  private reachedWith(there: readonly Pick<UnderWay, 'view'>[]): number {
    const places = new Map(there.map(({ view }) => [view.unitId, view.place]))
    const units = this.city.counted().map(unit => {
      const place = places.get(unit.unitId)
      return place === undefined
        ? unit
        : { ...unit, lat: place.lat, lon: place.lon, speedMps: 0, turnoutSeconds: 10 }
    })
    return this.city.measureWith(units).city.demandCircles[2]
  }

  /** It is there: the city with it, and what it was when it was asked to go. */
  private stand(unitId: string, { view, reached, was, sinceSeconds }: UnderWay): void {
    this.underWay.delete(unitId)
    const since = this.city.measureWith(this.city.counted()).city.demandCircles[2] - reached
    const seconds = this.seconds - sinceSeconds
    this.standing.set(unitId, { view, was, since, seconds, atSeconds: this.seconds, looks: [] })
  }

  /** The city with it there, and had it stayed. */
  private watch(unitId: string, { was, atSeconds, looks }: Standing): void {
    if (this.seconds - atSeconds >= looks.length * LOOKS_EVERY_SECONDS) {
      const units = this.city.counted()
      const there = this.city.measureWith(units).city.demandCircles[2]
      const stayed = units.map(unit => (unit.unitId === unitId ? was : unit))
      looks.push(there - this.city.measureWith(stayed).city.demandCircles[2])
    }
    if (this.seconds - atSeconds < STANDS_SECONDS) return
    this.judge(unitId)
    this.city.release(unitId)
  }

  private judge(unitId: string): void {
    const one = this.standing.get(unitId)
    if (!this.standing.delete(unitId) || one === undefined) return
    const { view, since, seconds, looks } = one
    const whileStanding = looks.reduce((sum, look) => sum + look, 0) / looks.length
    this.judged.push({ gain: view.gainShare, since, thanStaying: looks[0] ?? NaN, whileStanding, seconds })
  }
}
