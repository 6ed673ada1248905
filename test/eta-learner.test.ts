import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArcTable } from '#gateway/eta/arc-sums.ts'
import { forecast } from '#gateway/eta/estimate.ts'
import { EtaStore } from '#gateway/eta/eta-store.ts'
import { driftOf, viewOfEtas } from '#gateway/eta/eta-view.ts'
import { ARC_PASSES_MIN, EtaLearner } from '#gateway/eta/learner.ts'
import type { Trip } from '#gateway/eta/learner.ts'
import { drove, newDriving, stopped } from '#gateway/eta/passes.ts'
import type { Pass } from '#gateway/eta/passes.ts'
import { PastEtas } from '#gateway/eta/past-etas.ts'
import { ALL_DAY, CELLS, cellOf } from '#gateway/eta/sums.ts'
import type { Step } from '#gateway/eta/trail.ts'
import { EtaView } from '#protocols/eta.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import { randomOf } from '#sim/random.ts'

/** Drives 0-19 are primary roads, 20-39 residential ones. */
const classOf = (drive: number): RoadClass => (drive < 20 ? 'primary' : 'residential')
const wayOf = (legs: readonly { readonly drive: number; readonly ds: number }[]) => ({
  count: legs.length,
  drives: legs.map(leg => leg.drive),
  ds: legs.map(leg => leg.ds),
})
const newLearner = (): EtaLearner => new EtaLearner(classOf)

const pass = fc.record({
  drive: fc.integer({ min: 0, max: 39 }),
  baseSeconds: fc.double({ min: 0.5, max: 60, noNaN: true }),
  seconds: fc.double({ min: 0.5, max: 200, noNaN: true }),
  isWhole: fc.boolean(),
})
const trip = fc.record({
  kind: fc.constantFrom('patrol' as const, 'response' as const),
  hour: fc.integer({ min: 0, max: 23 }),
  passes: fc.array(pass, { minLength: 1, maxLength: 12 }),
})
const trips = fc.array(trip, { minLength: 1, maxLength: 30 })

const taught = (all: readonly Trip[]): EtaLearner => {
  const learner = newLearner()
  for (const one of all) learner.learn(one)
  return learner
}

/** Every sum of a learner, in an order of its own. */
const sumsOf = (learner: EtaLearner): number[] => [
  ...[...learner.long, ...learner.recent].flatMap(s => [s.runs, s.trips, s.base, s.seconds, s.squares]),
  ...[...learner.arcs.entries()]
    .sort(([k, d], [l, e]) => (k === l ? d - e : k < l ? -1 : 1))
    .flatMap(([, drive, { passes, seconds, baseByHour }]) => [
      drive,
      passes,
      seconds,
      ...Array.from(baseByHour),
    ]),
]

const expectSame = (a: readonly number[], b: readonly number[], share: number): void => {
  expect(a).toHaveLength(b.length)
  const apart = a.findIndex((value, i) => Math.abs(value - b[i]!) > share * Math.abs(b[i]!) + share)
  expect(apart < 0 ? 'the same' : `${a[apart]} is not ${b[apart]}`).toBe('the same')
}

/** A steady fleet: so many response trips of ten passes, each as long as `times` says. */
function fleet(
  learner: EtaLearner,
  count: number,
  hour: number,
  times: (roadClass: RoadClass) => number,
): void {
  const random = randomOf(count, `hour ${hour}`, 'fleet')
  for (let n = 0; n < count; n++) {
    const own = Math.exp(random.normal(0, 0.05))
    const passes = Array.from({ length: 10 }, () => {
      const drive = random.integer(0, 39)
      const baseSeconds = random.uniform(8, 20)
      return { drive, baseSeconds, seconds: baseSeconds * times(classOf(drive)) * own, isWhole: true }
    })
    learner.learn({ kind: 'response', hour, passes })
  }
}

describe('the learner', () => {
  it('sums the same in any order, over any number of gateways', () => {
    let cases = 0
    fc.assert(
      fc.property(trips, fc.nat(), fc.nat(), (all, seed, cut) => {
        cases += 1
        const once = sumsOf(taught(all))
        expectSame(sumsOf(taught(randomOf(seed, 'order', 'trips').shuffle(all))), once, 1e-5)
        const [here, there] = [taught(all.slice(0, cut % all.length)), taught(all.slice(cut % all.length))]
        here.merge(there)
        expectSame(sumsOf(here), once, 1e-5)
      }),
      { numRuns: 60 },
    )
    console.info(`orders and gateways: ${cases} cases`)
    expect(cases).toBe(60)
  })

  it('says nothing of its own without a sample', () => {
    const learner = newLearner()
    for (let drive = 0; drive < 40; drive++)
      for (const hour of [0, 8, 23])
        expect(learner.expected('response', drive, hour)).toMatchObject({ factor: 1, learned: 0 })
    expect(learner.classFactors('response', 8)).toEqual({})
    const legs = [
      { drive: 3, ds: 417 },
      { drive: 25, ds: 1_003 },
    ]
    const made = forecast(learner, 'response', 8, wayOf(legs), 10)
    expect(made).toMatchObject({ basis: 'profile', samples: 0 })
    expect(new PastEtas().promise(made).p50Seconds).toBeCloseTo(152, 9)
  })

  it('leans on the profile while it has seen little, and on what it saw when that is much', () => {
    const factors = [0, 1, 3, 10, 100].map(count => {
      const learner = newLearner()
      fleet(learner, count, 8, () => 2)
      return learner.ofClass('response', 'primary', 8).factor
    })
    expect(factors[0]).toBe(1)
    for (let i = 1; i < factors.length; i++) expect(factors[i]).toBeGreaterThan(factors[i - 1]!)
    expect(factors.at(-1)).toBeCloseTo(2, 1)
    expect(factors[1]).toBeLessThan(1.7)
  })

  it('tells hours apart, and takes an hour it has not seen from the day and from patrols', () => {
    const learner = newLearner()
    fleet(learner, 60, 3, () => 0.8)
    fleet(learner, 60, 8, () => 1.6)
    expect(learner.ofClass('response', 'primary', 3).factor).toBeCloseTo(0.8, 1)
    expect(learner.ofClass('response', 'primary', 8).factor).toBeCloseTo(1.6, 1)
    expect(learner.ofClass('response', 'primary', 17).factor).toBeCloseTo(1.2, 1)
    const patrols = Array.from({ length: 40 }, (_, n) => ({ drive: n % 20, baseSeconds: 15, isWhole: true }))
    for (const [hour, times] of [
      [3, 1.5],
      [17, 3],
    ] as const)
      for (const one of patrols)
        learner.learn({ kind: 'patrol', hour, passes: [{ ...one, seconds: 15 * times }] })
    // Patrols need a third longer than by day then, and so will a response.
    expect(learner.ofClass('response', 'primary', 17).factor).toBeGreaterThan(1.5)
    expect(learner.ofClass('patrol', 'residential', 17).factor).toBe(1)
  })

  it('lets a road speak for itself from eight whole passes on', () => {
    const learner = newLearner()
    const slow = { drive: 5, baseSeconds: 10, seconds: 30, isWhole: true }
    fleet(learner, 60, 8, () => 1)
    const before = learner.arcs.of('response', 5)!.passes
    expect(before).toBeGreaterThanOrEqual(ARC_PASSES_MIN)
    for (let n = 0; n < 40; n++) learner.learn({ kind: 'response', hour: 8, passes: [slow] })
    expect(learner.arcFactor('response', 5)).toBeGreaterThan(1.3)
    expect(learner.arcFactor('response', 6)).toBeLessThan(1.1)
    const few = newLearner()
    for (let n = 0; n < ARC_PASSES_MIN - 1; n++) few.learn({ kind: 'response', hour: 8, passes: [slow] })
    few.learn({ kind: 'response', hour: 8, passes: [{ ...slow, isWhole: false }] })
    expect(few.arcFactor('response', 5)).toBe(1)
    few.learn({ kind: 'response', hour: 8, passes: [slow] })
    expect(few.arcFactors.response.has(5)).toBe(true)
  })

  it('keeps a bounded number of roads', () => {
    const arcs = new ArcTable(100)
    for (let drive = 0; drive < 5_000; drive++) arcs.addPass('patrol', drive, 8, 10, 12)
    expect(arcs.size).toBe(100)
    expect(arcs.addPass('patrol', 4_999, 8, 10, 12)).toBe(false)
    expect(arcs.addPass('patrol', 7, 8, 10, 12)).toBe(true)
    expect(arcs.of('patrol', 7)).toMatchObject({ passes: 2, seconds: 24 })
  })

  it('forgets: half within 28 days, and the recent window shows what moved', () => {
    const learner = newLearner()
    fleet(learner, 100, 8, () => 1)
    const cell = cellOf('response', 'primary', 8)
    const before = learner.long[cell]!.base
    for (let day = 0; day < 28; day++) learner.forgetDay()
    expect(learner.long[cell]!.base / before).toBeCloseTo(0.5, 6)
    expect(driftOf(learner.long[cell]!, learner.recent[cell]!, 0.01)).toBeNull()
    fleet(learner, 60, 8, () => 1.5)
    const drift = driftOf(learner.long[cell]!, learner.recent[cell]!, learner.tripVariance('response'))
    expect(drift?.factor).toBeCloseTo(1.5, 1)
    expect(drift?.ratio).toBeGreaterThan(1.1)
  })

  it('is the same after a restart, and starts over for other roads or another profile', () => {
    let rows = 0
    fc.assert(
      fc.property(trips, all => {
        const [learner, past] = [newLearner(), new PastEtas()]
        const store = new EtaStore(learner, past, 'roads/profile')
        for (const one of all) {
          learner.learn(one)
          store.learned(one.kind, one.passes, classOf)
        }
        const kept = new Map<string, unknown>()
        for (let s = 0; s < 700; s += 1)
          for (const effect of store.due({ monoMs: s * 1000, utcMs: 0, quality: 'ntp' }))
            if (effect.type === 'put') kept.set(effect.key, JSON.parse(JSON.stringify(effect.value)))
        rows += kept.size
        const [again, other] = ['roads/profile', 'roads/another'].map(basis => {
          const next = newLearner()
          const opened = new EtaStore(next, new PastEtas(), basis)
          for (const [key, row] of kept) opened.restore(key, row)
          return { next, opened }
        })
        expectSame(sumsOf(again!.next), sumsOf(learner), 2e-3)
        expect(other!.next.long.every(sums => sums.base === 0)).toBe(true)
        const deleted = other!.opened.due({ monoMs: 0, utcMs: 0, quality: 'ntp' })
        expect(deleted.every(effect => effect.type === 'del')).toBe(true)
      }),
      { numRuns: 25 },
    )
    console.info(`restarts: ${rows} rows`)
    expect(rows).toBeGreaterThan(100)
  })

  it('shows nothing of a class that was driven fewer than three times', () => {
    const learner = newLearner()
    fleet(learner, 2, 8, () => 1.4)
    const now = { monoMs: 0, utcMs: 0, quality: 'ntp' } as const
    const shown = (): EtaView => EtaView.parse(viewOfEtas(learner, new PastEtas(), now))
    expect(shown().hours.length).toBeGreaterThan(0)
    expect(shown().hours.every(hour => hour.factor === null && hour.p50Seconds === null)).toBe(true)
    fleet(learner, 1, 8, () => 1.4)
    const hour = shown().hours.find(one => one.class === 'primary' && one.hour === 8)!
    expect(hour.factor).toBeGreaterThan(1.1)
    expect(hour.p80Seconds).toBeGreaterThan(hour.p50Seconds!)
  })
})

describe('a promise', () => {
  it('is kept four times of five, when trips differ as wholes and in their parts', () => {
    const random = randomOf(11, 'trips', 'promise')
    const learner = newLearner()
    fleet(learner, 300, 8, roadClass => (roadClass === 'primary' ? 1.4 : 0.9))
    const past = new PastEtas()
    let [within50, within80, counted] = [0, 0, 0]
    for (let n = 0; n < 1_500; n++) {
      const legs = Array.from({ length: random.integer(3, 14) }, () => {
        const drive = random.integer(0, 39)
        return {
          drive,
          ds: Math.round(random.uniform(50, 300) * learner.expected('response', drive, 8).factor),
        }
      })
      const own = Math.exp(random.normal(0, 0.12))
      const seconds = 12 + legs.reduce((sum, leg) => sum + (leg.ds / 10) * own + random.exponential(1.5), 0)
      const promised = past.promise(forecast(learner, 'response', 8, wayOf(legs), 10))
      expect(promised.basis).toBe('learned')
      if (n >= 500) {
        counted += 1
        within50 += seconds <= promised.p50Seconds ? 1 : 0
        within80 += seconds <= promised.p80Seconds ? 1 : 0
      }
      past.arrived(promised, seconds)
    }
    console.info(
      `promises: ${counted} cases, within p50 ${within50 / counted}, within p80 ${within80 / counted}`,
    )
    expect(within80 / counted).toBeGreaterThan(0.75)
    expect(within80 / counted).toBeLessThan(0.85)
    expect(Math.abs(within50 / counted - 0.5)).toBeLessThan(0.06)
  })

  it('counts what cannot be as nothing but a mistake', () => {
    const past = new PastEtas()
    const promised = past.promise(forecast(newLearner(), 'response', 8, wayOf([{ drive: 1, ds: 600 }]), 0))
    for (const seconds of [-5, 0, 7 * 3600, NaN]) past.arrived(promised, seconds)
    expect(past.quarantined).toBe(4)
    expect(past.profile.trips).toBe(0)
  })
})

describe('passes', () => {
  /* One road of three drives, each 100 m and 10 s by the profile:  0 ---- 1 ---- 2 */
  const road = { baseSeconds: () => 10, lengthM: () => 100 }
  const step = (atS: number, seconds: number, parts: Step['parts'], isClear = true): Step => ({
    fromMs: 1000 * atS,
    toMs: 1000 * (atS + seconds),
    parts,
    isClear,
  })
  const along = (drive: number, from: number, to: number) => ({ drive, from, to })
  const all = (steps: readonly Step[]): Pass[] => {
    const driving = newDriving()
    return [...steps.flatMap(one => drove(driving, one, road)), ...stopped(driving, road)].flat()
  }

  it('count the wait before a junction and not the stop at the kerb', () => {
    const waited = all([
      step(0, 10, [along(0, 0, 0.9)]),
      step(10, 40, [along(0, 0.9, 0.9)]),
      step(50, 12, [along(0, 0.9, 1), along(1, 0, 1), along(2, 0, 0.1)]),
    ])
    expect(waited.map(({ drive, isWhole }) => [drive, isWhole])).toEqual([
      [0, true],
      [1, true],
      [2, false],
    ])
    expect(waited[0]!.seconds).toBeCloseTo(10 + 40 + 1, 6)
    expect(waited[1]!.seconds).toBeCloseTo(10, 6)
    const parked = all([
      step(0, 5, [along(0, 0, 0.4)]),
      step(5, 40, [along(0, 0.4, 0.4)]),
      step(45, 6, [along(0, 0.4, 1)]),
    ])
    expect(parked.map(({ seconds, isWhole }) => [seconds, isWhole])).toEqual([
      [5, false],
      [6, false],
    ])
  })

  it('share out the whole time and nothing else, whatever the steps', () => {
    let cases = 0
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.02, max: 1, noNaN: true }), fc.integer({ min: 1, max: 9 })), {
          minLength: 1,
          maxLength: 40,
        }),
        moves => {
          cases += 1
          let [at, atS] = [0, 0]
          const steps = moves.map(([share, seconds]) => {
            const from = at
            at += share
            const parts: Step['parts'][number][] = []
            for (let drive = Math.floor(from); drive <= Math.floor(at); drive++)
              parts.push(along(drive, Math.max(0, from - drive), Math.min(1, at - drive)))
            const made = step(atS, seconds, parts)
            atS += seconds
            return made
          })
          // Steps that stand may end at the kerb; here every step moves.
          const moving = steps.filter(one => {
            const metres = one.parts.reduce((sum, part) => sum + 100 * (part.to - part.from), 0)
            const seconds = (one.toMs - one.fromMs) / 1000
            return metres >= Math.max(1, 0.5 * seconds) && metres <= 60 * seconds
          })
          fc.pre(moving.length === steps.length)
          const total = all(steps).reduce((sum, one) => sum + one.seconds, 0)
          expect(total).toBeCloseTo(atS, 6)
        },
      ),
      { numRuns: 200 },
    )
    console.info(`drives: ${cases} cases`)
    expect(cases).toBeGreaterThanOrEqual(200)
  })

  it('end where the way is not clear, and keep nothing of that step', () => {
    const passes = all([
      step(0, 10, [along(0, 0, 1)]),
      step(10, 30, [along(0, 1, 1), along(1, 0, 1), along(2, 0, 0.5)], false),
      step(40, 5, [along(2, 0.5, 1)]),
    ])
    expect(passes.map(({ drive, seconds }) => [drive, seconds])).toEqual([
      [0, 10],
      [2, 5],
    ])
  })
})

it('has one place for every kind, class and hour', () => {
  const seen = new Set<number>()
  for (const kind of ['patrol', 'response'] as const)
    for (const roadClass of ['motorway', 'tertiary_link'] as const)
      for (let hour = 0; hour <= ALL_DAY; hour++) seen.add(cellOf(kind, roadClass, hour))
  expect(seen.size).toBe(100)
  expect(Math.max(...seen)).toBe(CELLS - 1)
})
