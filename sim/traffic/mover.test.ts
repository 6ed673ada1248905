import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointSegmentM } from '#protocols/geo/local.ts'
import { pointInPolygon } from '#protocols/geo/polygon.ts'
import { angleBetweenDeg, distanceM } from '#protocols/geo/sphere.ts'
import { simulatedCity } from '../city/city.ts'
import { randomOf } from '../random.ts'
import { beatOf, spotOfBeat } from './beat.ts'
import { etaSecondsOf, HARDEST_BRAKE_MPS2, moverStep, openMover, poseOf, secondsTo, spotOf } from './mover.ts'
import type { Mover, MoverEffect, MoverEvent } from './mover.ts'
import { PATROL, RESPONSE } from './path.ts'
import { StreetMap } from './street-map.ts'

const city = simulatedCity({ seed: 1 })
const map = new StreetMap(city.network)
const beats = city.grids.map(grid => beatOf(map, grid.geometry.coordinates))

const moverOf = (seed: number, grid = 0): Mover =>
  openMover({ map, beat: beats[grid]!, random: randomOf(seed, 'unit', 'patrol'), nowMs: 0 })

/** Metres from the car to the edge it says it is on, by the network's own degrees. */
function awayFromEdge(mover: Mover): number {
  const { shape } = map.network.edges[spotOf(mover).edge]!
  const points = shape.map(([lon, lat]) => ({ lat, lon }))
  const here = poseOf(mover)
  return Math.min(...points.slice(1).map((b, k) => pointSegmentM(here, points[k]!, b)))
}

function runTo(mover: Mover, untilMs: number, everyMs: number, each: (effects: MoverEffect[]) => void): void {
  for (let at = mover.atMs + everyMs; at <= untilMs; at += everyMs)
    each(moverStep(mover, { type: 'tick' }, at))
}

describe('a car on the roads', () => {
  it('never teleports, keeps to the roads and their directions and to its powers, whatever it is told', () => {
    let [cases, ticks, arrivals, wrongWay] = [0, 0, 0, 0]
    let [worstAwayM, worstLeapM, worstBrake, worstGain, kilometres] = [0, 0, 0, 0, 0]
    const order = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 50, max: 20_000 }), fc.integer({ min: 20_000, max: 400_000 })),
      everyMs: fc.constantFrom(100, 250, 1_000, 1_000, 1_000),
      event: fc.oneof(
        { weight: 1, arbitrary: fc.constant<MoverEvent>({ type: 'patrol' }) },
        { weight: 1, arbitrary: fc.constant<MoverEvent>({ type: 'park' }) },
        {
          weight: 5,
          arbitrary: fc.record({
            type: fc.constant('drive' as const),
            lat: fc.double({ min: 35.562, max: 35.605, noNaN: true }),
            lon: fc.double({ min: 116.96, max: 117.01, noNaN: true }),
          }),
        },
      ),
    })
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.nat(3),
        fc.array(order, { minLength: 1, maxLength: 6 }),
        (seed, grid, orders) => {
          const mover = moverOf(seed, grid)
          moverStep(mover, { type: 'patrol' }, 0)
          for (const { afterMs, everyMs, event } of orders) {
            let [before, beforeSpot] = [poseOf(mover), spotOf(mover)]
            const look = (effects: MoverEffect[], seconds: number): void => {
              const [pose, spot] = [poseOf(mover), spotOf(mover)]
              ticks += 1
              arrivals += effects.filter(effect => effect.type === 'arrived').length
              const movedM = distanceM(before, pose)
              // The fastest it can have been in between, by its own acceleration.
              const most = Math.max(before.speedMps, pose.speedMps) + RESPONSE.accelMps2 * seconds
              worstLeapM = Math.max(worstLeapM, movedM - most * seconds)
              worstAwayM = Math.max(worstAwayM, awayFromEdge(mover))
              worstGain = Math.max(worstGain, (pose.speedMps - before.speedMps) / seconds)
              if (pose.speedMps > 0)
                worstBrake = Math.max(worstBrake, (before.speedMps - pose.speedMps) / seconds)
              const edge = map.network.edges[spot.edge]!
              const moved = spot.edge === beforeSpot.edge ? spot.alongM - beforeSpot.alongM : 0
              // A turn at a dead end within the tick looks like driving back; only one-ways are judged.
              if ((moved > 0.01 && !edge.forward) || (moved < -0.01 && !edge.backward)) wrongWay += 1
              ;[before, beforeSpot] = [pose, spot]
            }
            runTo(mover, mover.atMs + afterMs, everyMs, effects => look(effects, everyMs / 1000))
            look(moverStep(mover, event, mover.atMs + 10), 0.01)
          }
          kilometres += mover.drivenM / 1000
          cases += 1
        },
      ),
      { seed: 42, numRuns: 80 },
    )
    console.info(
      `mover: ${cases} cars, ${ticks} ticks, ${kilometres.toFixed(0)} km, ${arrivals} arrivals; off the road at most ` +
        `${worstAwayM.toFixed(4)} m, leap ${worstLeapM.toFixed(4)} m, gain ${worstGain.toFixed(2)}, brake ${worstBrake.toFixed(2)} m/s2`,
    )
    expect(cases).toBe(80)
    expect(kilometres).toBeGreaterThan(50)
    expect(arrivals).toBeGreaterThan(5)
    expect(wrongWay).toBe(0)
    expect(worstLeapM).toBeLessThan(0.05)
    expect(worstAwayM).toBeLessThan(1)
    expect(worstGain).toBeLessThanOrEqual(RESPONSE.accelMps2 + 0.02)
    expect(worstBrake).toBeLessThanOrEqual(HARDEST_BRAKE_MPS2 + 0.02)
  })

  it('patrols inside its grid at patrol speed, visits many streets and stands now and then', () => {
    for (const [grid, feature] of city.grids.entries()) {
      const mover = moverOf(9, grid)
      moverStep(mover, { type: 'patrol' }, 0)
      const streets = new Set<string>()
      let [inside, standing, count] = [0, 0, 0]
      runTo(mover, 3_600_000, 1_000, () => {
        const { lat, lon, speedMps } = poseOf(mover)
        count += 1
        streets.add(map.network.edges[spotOf(mover).edge]!.name)
        if (pointInPolygon(feature.geometry.coordinates, lat, lon)) inside += 1
        if (speedMps < 0.5) standing += 1
        expect(speedMps).toBeLessThanOrEqual(PATROL.topMps)
      })
      console.info(
        `${feature.properties.name}: ${(mover.drivenM / 1000).toFixed(1)} km in 1 h, ${streets.size} streets, inside ` +
          `${((100 * inside) / count).toFixed(0)} %, standing ${((100 * standing) / count).toFixed(0)} %`,
      )
      expect(inside / count).toBeGreaterThan(0.8)
      expect(streets.size).toBeGreaterThan(15)
      expect(mover.drivenM).toBeGreaterThan(9_000)
      expect(standing / count).toBeLessThan(0.5)
    }
  })

  it('drives to a place, says when it is there, and stands within a car length of the road nearest to it', () => {
    const random = randomOf(5, 'test', 'targets')
    let [trips, worstS] = [0, 0]
    for (; trips < 60; trips += 1) {
      const mover = moverOf(trips, trips % 4)
      moverStep(mover, { type: 'patrol' }, 0)
      moverStep(mover, { type: 'tick' }, random.integer(1_000, 120_000))
      const target = map.latLonOf(map.pointAt(spotOfBeat(map, beats[trips % 4]!, random)))
      const startMs = mover.atMs
      expect(moverStep(mover, { type: 'drive', ...target }, startMs)).toEqual([])
      const promisedS = etaSecondsOf(mover)!
      let arrivedMs = -1
      runTo(mover, startMs + 1_200_000, 500, effects => {
        for (const effect of effects) if (effect.type === 'arrived' && arrivedMs < 0) arrivedMs = effect.atMs
      })
      expect(arrivedMs).toBeGreaterThanOrEqual(startMs)
      expect(distanceM(poseOf(mover), target)).toBeLessThan(3)
      expect(poseOf(mover).speedMps).toBe(0)
      expect(mover.mode).toBe('parked')
      worstS = Math.max(worstS, Math.abs((arrivedMs - startMs) / 1000 - promisedS))
    }
    console.info(`trips: ${trips}, promise kept within ${worstS.toFixed(1)} s`)
    expect(trips).toBe(60)
    expect(worstS).toBeLessThan(10)
  })

  it('drives to a place as fast from a stand on patrol as from parking', () => {
    const to = { lat: 35.59, lon: 116.98 }
    const secondsAfter = (event: MoverEvent): number => {
      const mover = moverOf(3)
      // A patrol that has not set off yet stands where a parked car stands.
      moverStep(mover, event, 0)
      moverStep(mover, { type: 'drive', ...to }, 0)
      let arrivedMs = NaN
      runTo(mover, 900_000, 1_000, effects => {
        for (const effect of effects) if (effect.type === 'arrived') arrivedMs = effect.atMs
      })
      return arrivedMs / 1000
    }
    const parked = secondsAfter({ type: 'park' })
    expect(parked).toBeGreaterThan(60)
    expect(secondsAfter({ type: 'patrol' })).toBe(parked)
  })

  it('takes longer where traffic is slow, and stands before a red light that a way on paper does not know', () => {
    const traffic = { slowness: () => 1.5, trip: () => 1, redMs: () => 10_000 }
    const from = { map, beat: beats[0]!, nowMs: 0, start: { lat: 35.58, lon: 116.97 } }
    const [free, slow] = [{}, { traffic }].map(more => {
      const mover = openMover({ ...from, ...more, random: randomOf(3, 'unit', 'patrol') })
      moverStep(mover, { type: 'drive', lat: 35.59, lon: 116.98 }, 0)
      let [arrivedMs, stood] = [NaN, 0]
      runTo(mover, 3_600_000, 1_000, effects => {
        for (const effect of effects) if (effect.type === 'arrived') arrivedMs = effect.atMs
        if (Number.isNaN(arrivedMs) && mover.speedMps === 0) stood += 1
      })
      return { seconds: arrivedMs / 1000, stood }
    })
    expect(free!.seconds).toBeGreaterThan(60)
    expect(free!.stood).toBeLessThan(6)
    expect(slow!.stood).toBeGreaterThan(30)
    expect(slow!.seconds - slow!.stood).toBeGreaterThan(1.2 * free!.seconds)
  })

  it('brakes and turns round when the place lies behind it, without jumping', () => {
    const edge = map.network.edges.findIndex((e, k) => e.roadClass === 'trunk' && map.lengthM(k) > 400)
    const startAt = map.latLonOf(map.pointAt({ edge, alongM: 20 }))
    const mover = openMover({
      map,
      beat: beats[0]!,
      random: randomOf(1, 'unit', 'x'),
      nowMs: 0,
      start: startAt,
    })
    moverStep(
      mover,
      { type: 'drive', ...map.latLonOf(map.pointAt({ edge, alongM: map.lengthM(edge) - 5 })) },
      0,
    )
    moverStep(mover, { type: 'tick' }, 14_000)
    const fast = poseOf(mover)
    expect(fast.speedMps).toBeGreaterThan(12)
    moverStep(mover, { type: 'drive', ...startAt }, 14_000)
    expect(poseOf(mover)).toEqual(fast)
    expect(etaSecondsOf(mover)!).toBeLessThan(60)
    let stoodBeforeTurning = false
    runTo(
      mover,
      80_000,
      100,
      () => (stoodBeforeTurning ||= mover.mode === 'response' && mover.speedMps === 0),
    )
    expect(stoodBeforeTurning).toBe(true)
    expect(distanceM(poseOf(mover), startAt)).toBeLessThan(2)
    expect(angleBetweenDeg(poseOf(mover).trackDeg, fast.trackDeg)).toBeGreaterThan(150)
  })

  it('parks on a word and reports the stop; a parked car stays where it is', () => {
    const mover = moverOf(3)
    moverStep(mover, { type: 'patrol' }, 0)
    moverStep(mover, { type: 'tick' }, 20_000)
    const effects: MoverEffect[] = moverStep(mover, { type: 'park' }, 20_000)
    runTo(mover, 60_000, 100, seen => effects.push(...seen))
    expect(effects.map(effect => effect.type)).toEqual(['stopped'])
    const pose = poseOf(mover)
    moverStep(mover, { type: 'tick' }, 3_600_000)
    expect(poseOf(mover)).toEqual(pose)
  })

  it('says so when a place has no road, and goes on', () => {
    const mover = moverOf(4)
    moverStep(mover, { type: 'patrol' }, 0)
    expect(moverStep(mover, { type: 'drive', lat: 30, lon: 110 }, 5_000)).toEqual([
      { type: 'unreachable', lat: 30, lon: 110 },
    ])
    expect(mover.mode).toBe('patrol')
  })

  it('is the same run for the same seed and events', () => {
    const runs = [1, 1, 2].map(seed => {
      const mover = moverOf(seed)
      moverStep(mover, { type: 'patrol' }, 0)
      runTo(mover, 600_000, 1_000, () => undefined)
      return JSON.stringify(poseOf(mover))
    })
    expect(runs[0]).toBe(runs[1])
    expect(runs[0]).not.toBe(runs[2])
  })

  it('reaches most of its own grid within five minutes from its post: the town is drivable at its speeds', () => {
    const random = randomOf(6, 'test', 'five minutes')
    let [within, count] = [0, 0]
    for (const [grid, beat] of beats.entries()) {
      const mover = openMover({
        map,
        beat,
        random,
        nowMs: 0,
        start: city.posts.find(p => p.id === `post-${grid + 1}`)!,
      })
      for (let k = 0; k < 50; k += 1) {
        const seconds = secondsTo(mover, map.latLonOf(map.pointAt(spotOfBeat(map, beat, random))))!
        count += 1
        if (seconds <= 300) within += 1
      }
    }
    console.info(`own grid within 300 s of the post: ${within} of ${count}`)
    expect(count).toBe(200)
    expect(within / count).toBeGreaterThan(0.7)
  })
})
