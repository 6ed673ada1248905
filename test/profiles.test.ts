import { describe, expect, it } from 'vitest'
import { PATROL, RESPONSE } from '#gateway/profiles/built-in.ts'
import { junctionDelays } from '#gateway/profiles/junction-delays.ts'
import { profileTimes, roadsFor } from '#gateway/profiles/profile-times.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { parseProfiles } from '#gateway/profiles/profiles-file.ts'
import { turnSeconds } from '#gateway/profiles/turn-delay.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { reachNodes } from '#gateway/reach/reach.ts'
import { routeBetween } from '#gateway/reach/route.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { RoadWeights } from '#gateway/reach/weights.ts'
import { NO_CONTROLS, packControls, unpackControls } from '#protocols/roads/controls.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { driveControls } from '#gateway/roads/drive-controls.ts'
import type { NodeControl } from '#gateway/roads/drive-controls.ts'
import { drawnMap, graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { arcsOf, timesFrom } from './oracle/dijkstra.ts'
import { fromArrays } from './oracle/plain-times.ts'

const cited = <T>(value: T) => ({ value, source: 'drawn for a test' })
const LOST_NOWHERE: Profile = { ...PATROL, turns: { ...PATROL.turns, mostSeconds: cited(0) } }
const weightsOf = (graph: RoadGraph, profile: Profile): RoadWeights => {
  const roads = roadsFor(graph, profile)
  return new RoadWeights(roads, profileTimes(roads, profile))
}
const driveFromTo = (graph: RoadGraph, from: number, to: number): number => {
  for (let drive = 0; drive < 2 * graph.edgeCount; drive++)
    if (graph.driveFrom(drive) === from && graph.driveFrom(drive ^ 1) === to) return drive
  throw new Error(`no road from ${from} to ${to}`)
}

describe('a turn', () => {
  it('takes what OSRM has fitted: little to the right, more across the traffic, most turning round', () => {
    const seconds = (angle: number) => Math.round(10 * turnSeconds(angle, PATROL.turns)) / 10
    expect([0, 90, -90, 150, -150].map(seconds)).toEqual([0, 2.1, 5.4, 7.2, 7.5])
    const left = { ...PATROL.turns, driveOn: cited('left' as const) }
    expect(turnSeconds(-90, left)).toBeCloseTo(turnSeconds(90, PATROL.turns), 9)
  })

  it('costs nothing straight along the main road of a T, and the turn into and out of the side road', () => {
    const map = drawnMap(`
      a--t--b
         |
         s
    `)
    const { graph } = map
    const delays = junctionDelays(graph, PATROL.turns)
    const [a, b, s, t] = ['a', 'b', 's', 't'].map(name => map.node(name)) as [number, number, number, number]
    const turn = (from: number, to: number) =>
      delays.leave[driveFromTo(graph, from, t)]! + delays.enter[driveFromTo(graph, t, to)]!
    expect(turn(a, b)).toBeLessThan(0.8)
    expect(turn(b, a)).toBeLessThan(0.8)
    expect(turn(a, s)).toBeGreaterThan(1.5)
    expect(turn(b, s)).toBeGreaterThan(1.5)
    expect(turn(s, a)).toBeGreaterThan(1.5)
    expect(turn(s, b)).toBeGreaterThan(1.5)
    expect(delays.leave[driveFromTo(graph, t, a)]).toBe(0)
  })

  it('is split so that the pairs of drives miss their own times by little, on average by nothing', () => {
    const graph = graphOf(scatteredCity(41, 600))
    const { enter, leave } = junctionDelays(graph, PATROL.turns)
    expect(Math.min(...enter, ...leave)).toBeGreaterThanOrEqual(0)
    expect(enter.some(s => s > 0) && leave.some(s => s > 0)).toBe(true)
    expect(Math.max(...enter, ...leave)).toBeLessThanOrEqual(PATROL.turns.mostSeconds.value)
  })
})

describe('controls', () => {
  it('come back from their byte', () => {
    for (let byte = 0; byte < 256; byte++) expect(packControls(unpackControls(byte))).toBe(byte)
  })

  it('count for the way they face, and on the junction for all who come to it', () => {
    const nodes: Record<number, NodeControl> = {
      2: { kind: 'signals', towards: 'forward' },
      3: { kind: 'crossing', towards: 'unsaid' },
      4: { kind: 'giveWay', towards: 'unsaid' },
      5: { kind: 'signals', towards: 'unsaid' },
    }
    const [there, back] = driveControls([1, 2, 3, 4, 5], ref => nodes[ref]).map(unpackControls)
    expect(there).toEqual({ ...NO_CONTROLS, signals: 2, crossings: 1, giveWay: true })
    expect(back).toEqual({ ...NO_CONTROLS, crossings: 1 })
    const [into, outOf] = driveControls([5, 1], ref => nodes[ref]).map(unpackControls)
    expect([into!.signals, outOf!.signals]).toEqual([0, 1])
    const sign: Record<number, NodeControl> = { 1: { kind: 'stop', towards: 'unsaid' } }
    expect(driveControls([1, 2], ref => sign[ref])).toEqual([0, 0])
  })
})

describe('profiles', () => {
  const base = scatteredCity(43, 500)
  const random = seeded(44)
  const byte = () => (random() < 0.7 ? 0 : Math.floor(random() * 256))
  const network = {
    ...base,
    edges: base.edges.map(edge => ({
      ...edge,
      speedByClass: random() < 0.5,
      controls: [byte(), byte()] as const,
    })),
  }
  const graph = graphOf(network)

  it('switch what the same roads take, each search to what a plain Dijkstra finds with the same numbers', () => {
    const hurried: Profile = { ...RESPONSE, name: 'hurried', speedFactor: cited(1.3) }
    const foot = parsed({}).byName.get('foot')!
    let junctions = 0
    for (const profile of [PATROL, RESPONSE, hurried, foot]) {
      const weights = weightsOf(graph, profile)
      const told = fromArrays(weights.enterDs, weights.runDs, weights.leaveDs, 2 ** 30)
      const arcs = arcsOf(weights.graph, told)
      const search = new RoadSearch(weights.graph, weights)
      for (let i = 0; i < 20; i++) {
        const node = Math.floor(random() * graph.nodeCount)
        const expected = timesFrom(weights.graph, arcs, { node }, told)
          .map((ds, at) => [at, ds] as const)
          .filter(([, ds]) => ds <= 6000)
        expect(reachNodes(search, { node }, 6000)).toEqual(expected)
        junctions += expected.length
      }
    }
    console.info(`profiles = plain Dijkstra: 4 profiles, 80 starts, ${junctions} junctions`)
    expect(junctions).toBeGreaterThan(1000)
  })

  it('of response is that of patrol until a city says otherwise', () => {
    const [patrol, response] = [weightsOf(graph, PATROL), weightsOf(graph, RESPONSE)]
    expect(response.arcDs).toEqual(patrol.arcDs)
    expect(RESPONSE.lastBlockContraflow.value).toBe(false)
  })

  it('take the class where no limit is tagged, the limit where one is, and add what is passed', () => {
    const classSpeeds = { kph: { residential: 36 }, source: 'drawn for a test' }
    const weights = weightsOf(graph, { ...LOST_NOWHERE, speeds: classSpeeds })
    let byClass = 0
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      const drive = graph.isForward(edge) ? 2 * edge : 2 * edge + 1
      const { signals, stop, giveWay, miniRoundabout, gate } = unpackControls(
        network.edges[edge]!.controls[drive & 1]!,
      )
      const lostDs = 20 * signals + 20 * +stop + 10 * +giveWay + 10 * +miniRoundabout + 300 * +gate
      expect(weights.leaveDs[drive]).toBe(lostDs)
      const isOurs = network.edges[edge]!.speedByClass && graph.edgeClass(edge) === 'residential'
      const runDs = isOurs ? Math.max(1, Math.round(graph.edgeLengthDm[edge]! / 10)) : graph.edgeCostDs(edge)
      expect(weights.runDs[drive]).toBe(runDs)
      if (isOurs) byClass++
    }
    expect(byClass).toBeGreaterThan(20)
  })

  it('know rush hours by day, hour and class', () => {
    const rush = {
      days: [1, 2],
      fromHour: 7,
      toHour: 9,
      classes: ['residential'],
      factor: 1.5,
      source: 'drawn',
    }
    const profile = parsed({ profiles: [{ name: 'patrol', hours: [rush] }] }).byName.get('patrol')!
    const { hourFactor } = profileTimes(graph, profile)
    expect([7, 8, 9, 24 + 8, 48 + 8].map(hour => hourFactor('residential', hour))).toEqual([
      1.5, 1.5, 1, 1.5, 1,
    ])
    expect(hourFactor('primary', 8)).toBe(1)
  })

  it('drive the last block against a one-way road where that is allowed, and nowhere else', () => {
    const map = drawnMap(`
      a--b>>c--d
    `)
    const { graph: street } = map
    const against = { ...LOST_NOWHERE, lastBlockContraflow: cited({ kph: 20 }) }
    const oneWay = driveFromTo(street, map.node('b'), map.node('c')) >> 1
    const place = { edge: oneWay, fraction: 0.75 }
    const unit = { edge: driveFromTo(street, map.node('c'), map.node('d')) >> 1, fraction: 1 }
    const etaOf = (profile: Profile) => {
      const weights = weightsOf(street, profile)
      const table = new UnitsOnRoads(street, 2)
      table.place('u', unit.edge, unit.fraction)
      const search = new RoadSearch(street, weights)
      const eta = new NearestUnits(table, search).nearest(place, 1)[0]?.etaDs
      expect(routeBetween(search, unit, place)?.etaDs).toBe(eta)
      return eta
    }
    expect(etaOf(LOST_NOWHERE)).toBeUndefined()
    const blockDs = (street.edgeLengthDm[oneWay]! * 3.6) / 20
    expect(etaOf(against)).toBe(600 + Math.round(blockDs) - Math.round(0.75 * Math.round(blockDs)))
    // Through it, to what lies behind, there is still no way.
    const beyond = reachNodes(
      new RoadSearch(street, weightsOf(street, against)),
      { node: map.node('d') },
      9999,
    )
    expect(beyond.map(([node]) => node)).toEqual([map.node('c'), map.node('d')].sort((x, y) => x - y))
  })

  it('of those on foot go both ways and nowhere along a motorway', () => {
    const map = drawnMap(`
      a--b>>c
    `)
    const walked = weightsOf(map.graph, parsed({}).byName.get('foot')!)
    expect(walked.isOpen(driveFromTo(map.graph, map.node('c'), map.node('b')))).toBe(true)
    const drive = driveFromTo(map.graph, map.node('a'), map.node('b'))
    expect(walked.runDs[drive]).toBe(Math.round((map.graph.edgeLengthDm[drive >> 1]! * 3.6) / 5))
    const motorway = graphOf({
      ...base,
      edges: base.edges.map(edge => ({ ...edge, roadClass: 'motorway' as const })),
    })
    expect(weightsOf(motorway, parsed({}).byName.get('foot')!).isOpen(0)).toBe(false)
  })
})

function parsed(file: object) {
  const read = parseProfiles(JSON.stringify({ format: 1, ...file }))
  if (!read.ok) throw new Error(read.detail)
  return read.value
}

describe('a file of profiles', () => {
  const detailOf = (file: unknown): string => {
    const read = parseProfiles(typeof file === 'string' ? file : JSON.stringify(file))
    if (read.ok) return 'fits'
    expect(read.code).toBe('PROFILES_INVALID')
    return read.detail
  }

  it('changes what it names and keeps the rest, with its source', () => {
    const { byName, turnout, uses } = parsed({
      profiles: [{ name: 'night', like: 'response', passing: { signal: { value: 0, source: 'order 12' } } }],
      uses: { respond: 'night' },
      turnout: { standby: { value: 45, source: 'measured in spring' } },
    })
    expect(byName.get('night')!.passing).toEqual({
      ...RESPONSE.passing,
      signal: { value: 0, source: 'order 12' },
    })
    expect([uses.respond, turnout.standby.value, turnout.stopped.value]).toEqual(['night', 45, 10])
  })

  it('is refused by the place and what is wrong there', () => {
    expect(detailOf('{')).toMatch(/JSON/)
    expect(detailOf({ format: 2 })).toContain('format')
    expect(detailOf({ format: 1, profiles: [{ name: 'swift' }] })).toContain(
      'profiles.0: nothing is called "swift"',
    )
    const bare = { name: 'response', speedFactor: { value: 1.4 } }
    expect(detailOf({ format: 1, profiles: [bare] })).toContain('profiles.0.speedFactor.source')
    const wild = { name: 'response', speedFactor: { value: 40, source: 'a wish' } }
    expect(detailOf({ format: 1, profiles: [wild] })).toContain('profiles.0.speedFactor.value')
    expect(detailOf({ format: 1, profiles: [{ name: 'response', wings: 2 }] })).toContain('wings')
    expect(detailOf({ format: 1, uses: { respond: 'none' } })).toContain('uses.respond')
  })
})
