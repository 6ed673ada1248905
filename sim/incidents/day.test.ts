import { describe, expect, it } from 'vitest'
import { simulatedCity } from '../city/city.ts'
import { randomOf } from '../random.ts'
import { beatOf } from '../traffic/beat.ts'
import { StreetMap } from '../traffic/street-map.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { callsAt, gapSeconds, hourOf, pullOf, USUAL_HOURS } from './day.ts'
import { drawIncident, openIncidents } from './incidents.ts'

describe('the day of a city', () => {
  it('adds up to the calls of the day, with an evening five times as busy as the hours before dawn', () => {
    expect(USUAL_HOURS).toHaveLength(24)
    const calls = USUAL_HOURS.map((_, hour) => callsAt(1_000, hour))
    expect(calls.reduce((a, b) => a + b, 0)).toBeCloseTo(1_000)
    expect(calls[20]! / calls[4]!).toBeGreaterThan(5)
  })

  it('keeps China time', () => {
    expect(hourOf(Date.UTC(2026, 5, 1, 0, 0))).toBe(8)
    expect(hourOf(Date.UTC(2026, 5, 1, 17, 30))).toBe(1)
  })

  it('comes as often as the hour says, over 40,000 waits', () => {
    const random = randomOf(1, 'test', 'waits')
    let cases = 0
    for (const [perDay, hour] of [
      [1_500, 20],
      [1_000, 20],
      [1_500, 10],
      [6_000, 4],
    ] as const) {
      let sum = 0
      for (let k = 0; k < 10_000; k += 1) {
        sum += gapSeconds(perDay, hour, 99, random)
        cases += 1
      }
      const wanted = 3_600 / callsAt(perDay, hour)
      // The longest waits are cut for those who watch: the mean may only be shorter, and not by much.
      expect(sum / 10_000 / wanted).toBeGreaterThan(0.85)
      expect(sum / 10_000 / wanted).toBeLessThan(1.03)
    }
    console.info(`waits drawn: ${cases}`)
    expect(cases).toBe(40_000)
  })

  it('shows a visitor several calls in the first minute, and never a silence of more than 150 s', () => {
    const random = randomOf(2, 'test', 'waits')
    for (let round = 0; round < 200; round += 1) {
      const first = [0, 1, 2].map(made => gapSeconds(500, 4, made, random))
      expect(first.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(43)
      expect(gapSeconds(500, 4, 3, random)).toBeLessThanOrEqual(150)
    }
  })

  it('is drawn to bars at night and to schools when they open', () => {
    expect(pullOf('nightlife', 23)).toBeGreaterThan(5 * pullOf('nightlife', 10))
    expect(pullOf('school', 7)).toBeGreaterThan(10 * pullOf('school', 23))
    const city = simulatedCity({ seed: 1 })
    const school = { ...city.landmarks[0]!, sort: 'school' as const }
    const bar = { ...city.landmarks.at(-1)!, sort: 'nightlife' as const }
    const map = new StreetMap(city.network)
    const incidents = openIncidents({
      map,
      landmarks: [school, bar],
      beat: beatOf(map),
      random: randomOf(3, 'test', 'places'),
      nowMs: 0,
    })
    const near = (hour: number, place: { lat: number; lon: number }): number =>
      Array.from({ length: 400 }, () => drawIncident(incidents, { hour })).filter(
        incident => distanceM(incident.place, place) < 350,
      ).length
    expect(near(23, bar)).toBeGreaterThan(3 * near(23, school))
    expect(near(7, school)).toBeGreaterThan(3 * near(7, bar))
  })

  it('names the county where there is one', () => {
    const city = simulatedCity({ seed: 1 })
    const map = new StreetMap(city.network)
    const incidents = openIncidents({
      map,
      landmarks: city.landmarks,
      beat: beatOf(map),
      random: randomOf(4, 'test', 'places'),
      nowMs: 0,
      countyAt: () => '麟河县',
    })
    expect(drawIncident(incidents).place.text).toMatch(/^麟河县.{2,}/)
  })
})
