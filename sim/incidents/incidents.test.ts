import { describe, expect, it } from 'vitest'
import { IncidentCreate } from '#protocols/api.ts'
import { pointSegmentM } from '#protocols/geo/local.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'
import { simulatedCity } from '../city/city.ts'
import { randomOf } from '../random.ts'
import { beatOf } from '../traffic/beat.ts'
import { StreetMap } from '../traffic/street-map.ts'
import { drawIncident, incidentsStep, openIncidents, USUAL_DAY } from './incidents.ts'
import type { Incidents } from './incidents.ts'
import { placeText } from './place-text.ts'

const city = simulatedCity({ seed: 1 })
const map = new StreetMap(city.network)
const beat = beatOf(map)
const incidentsOf = (seed: number, nowMs = 0): Incidents =>
  openIncidents({ map, landmarks: city.landmarks, beat, random: randomOf(seed, 'city', 'incidents'), nowMs })

describe('incidents', () => {
  it('come at once and then every 20 s, and do not catch up after a pause', () => {
    const incidents = incidentsOf(1, 5_000)
    const times: number[] = []
    for (let at = 5_000; at <= 65_000; at += 500) {
      if (incidentsStep(incidents, { type: 'tick' }, at).length > 0) times.push(at)
    }
    expect(times).toEqual([5_000, 25_000, 45_000, 65_000])
    expect(incidentsStep(incidents, { type: 'tick' }, 600_000)).toHaveLength(1)
    expect(incidentsStep(incidents, { type: 'tick' }, 600_000)).toHaveLength(0)
  })

  it('happen on a road, are what the API takes, and say where in words', () => {
    const incidents = incidentsOf(2)
    const texts = new Set<string>()
    const patterns = { crossing: /^.+与.+交叉口附近$/, along: /^.+，距.+口约\d+米$/, near: /附近$/ }
    const seen = { crossing: 0, along: 0, near: 0 }
    let worstM = 0
    for (let k = 0; k < 500; k += 1) {
      const incident = drawIncident(incidents)
      expect(IncidentCreate.safeParse(incident).success).toBe(true)
      const snap = map.snap(incident.place)!
      worstM = Math.max(worstM, snap.awayM)
      texts.add(incident.place.text)
      const kind = (['crossing', 'along', 'near'] as const).find(name =>
        patterns[name].test(incident.place.text),
      )
      expect(kind, incident.place.text).toBeDefined()
      seen[kind!] += 1
    }
    console.info('incidents: 500', seen, [...texts].slice(0, 8))
    expect(worstM).toBeLessThan(0.2)
    expect(texts.size).toBeGreaterThan(350)
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5)
  })

  it('names the crossing truly: both streets pass within 60 m', () => {
    const incidents = incidentsOf(3)
    let crossings = 0
    const nearName = (name: string, place: { lat: number; lon: number }): number =>
      Math.min(
        ...city.network.edges
          .filter(edge => edge.name === name)
          .flatMap(({ shape }) =>
            shape
              .slice(1)
              .map(([lon, lat], k) =>
                pointSegmentM(place, { lon: shape[k]![0], lat: shape[k]![1] }, { lon, lat }),
              ),
          ),
      )
    for (let k = 0; k < 300; k += 1) {
      const { place } = drawIncident(incidents)
      const [, one, other] = /^(.+)与(.+)交叉口附近$/.exec(place.text) ?? []
      if (one === undefined || other === undefined) continue
      crossings += 1
      expect(Math.max(nearName(one, place), nearName(other, place))).toBeLessThan(60)
    }
    console.info(`crossings checked: ${crossings}`)
    expect(crossings).toBeGreaterThan(30)
  })

  it('can happen near a given unit, at once', () => {
    for (const post of city.posts) {
      const incidents = incidentsOf(4)
      incidentsStep(incidents, { type: 'tick' }, 0)
      const [incident] = incidentsStep(incidents, { type: 'near', lat: post.lat, lon: post.lon }, 100)
      const gapM = distanceM(incident!.place, post)
      expect(gapM).toBeGreaterThanOrEqual(250)
      expect(gapM).toBeLessThanOrEqual(900)
      expect(incidentsStep(incidents, { type: 'tick' }, 10_000)).toEqual([])
    }
  })

  it('follow the mix of a usual day', () => {
    const incidents = incidentsOf(5)
    const counts = new Map<string, number>()
    const severities = new Map<string, number>()
    for (let k = 0; k < 5_000; k += 1) {
      const { class: kind, severity } = drawIncident(incidents)
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      severities.set(severity, (severities.get(severity) ?? 0) + 1)
    }
    expect(USUAL_DAY.reduce((sum, kind) => sum + kind.share, 0)).toBe(100)
    for (const { class: kind, share } of USUAL_DAY) {
      expect(Math.abs((counts.get(kind) ?? 0) / 50 - share)).toBeLessThan(2.5)
    }
    expect([...severities.keys()].sort()).toEqual(['major', 'normal', 'urgent'])
  })

  it('are the same for the same seed', () => {
    const drawn = [1, 1, 2].map(seed => {
      const incidents = incidentsOf(seed)
      return JSON.stringify(Array.from({ length: 20 }, () => drawIncident(incidents)))
    })
    expect(drawn[0]).toBe(drawn[1])
    expect(drawn[0]).not.toBe(drawn[2])
  })
})

describe('words for a place', () => {
  const edge = (from: number, to: number, name: string): NetworkEdge => ({
    from,
    to,
    name,
    roadClass: 'residential',
    speedKph: 30,
    forward: true,
    backward: true,
    shape: [from, to].map(n => [117 + (n % 2) * 0.005, 35 + Math.floor(n / 2) * 0.005] as const),
  })
  // 2---3     0-1 静轩路, 1-3 春秋路, 0-2 without a name, 2-3 Landstrasse; about 450 and 560 m
  // 0---1
  const network: RoadNetwork = {
    source: 'drawn here',
    nodes: [0, 1, 2, 3].map(n => ({ lat: 35 + Math.floor(n / 2) * 0.005, lon: 117 + (n % 2) * 0.005 })),
    edges: [edge(0, 1, '静轩路'), edge(1, 3, '春秋路'), edge(0, 2, ''), edge(2, 3, 'Landstrasse')],
  }
  const small = new StreetMap(network)
  const library = { id: 'landmark-1', name: '图书馆', kind: 'landmark', node: 0, lat: 35, lon: 117 } as const

  it('is the crossing when close, the landmark when by one, else the street and how far the next crossing is', () => {
    expect(placeText(small, [], { edge: 0, alongM: small.lengthM(0) - 20 })).toBe('静轩路与春秋路交叉口附近')
    expect(placeText(small, [library], { edge: 0, alongM: 60 })).toBe('静轩路图书馆附近')
    expect(placeText(small, [], { edge: 0, alongM: small.lengthM(0) - 123 })).toBe(
      '静轩路，距春秋路口约120米',
    )
    expect(placeText(small, [], { edge: 3, alongM: small.lengthM(3) - 200 })).toBe(
      'Landstrasse，距春秋路口约200米',
    )
    expect(placeText(small, [], { edge: 2, alongM: 270 })).toBe('静轩路附近')
    expect(placeText(small, [library], { edge: 2, alongM: 270 })).toBe('图书馆附近')
  })
})
