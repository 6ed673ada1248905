import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledged, gridColour, unknownSince } from './grid-colour.ts'
import type { ColourState, GridMeasured } from './grid-colour.ts'

const whole: GridMeasured = { share: 1, centreUnits: 3, coldShare: 0, unreached: [], staleShare: 0 }
type Seen = readonly [colour: string, ...codes: string[]]

/** What happens at which second, and what the grid shows right then. `ack` is a commander before the refresh. */
type Step = readonly [second: number, change: Partial<GridMeasured> & { readonly ack?: true }, ...Seen]

function run(steps: readonly Step[]): void {
  let state: ColourState = unknownSince(0)
  for (const [second, { ack, ...change }, ...seen] of steps) {
    if (ack) state = acknowledged(state)
    const judged = gridColour(state, { ...whole, ...change }, second * 1000)
    state = judged.state
    expect([second, state.colour, ...judged.reasons.map(reason => reason.code)]).toEqual([second, ...seen])
  }
}

const TABLE: Readonly<Record<string, readonly Step[]>> = {
  'green: 95 % and two at the centre': [[0, { share: 0.95, centreUnits: 2 }, 'green', 'covered']],
  'blue: less than 95 %': [[0, { share: 0.949 }, 'blue', 'share_low']],
  'blue: one unit only': [[0, { centreUnits: 1 }, 'blue', 'thin']],
  'blue is left when green fits for 60 s': [
    [0, { share: 0.9 }, 'blue', 'share_low'],
    [10, {}, 'blue', 'held'],
    [69, {}, 'blue', 'held'],
    [70, {}, 'green', 'covered'],
  ],
  'the 60 s begin anew when green does not fit in between': [
    [0, { centreUnits: 1 }, 'blue', 'thin'],
    [10, {}, 'blue', 'held'],
    [60, { centreUnits: 1 }, 'blue', 'thin'],
    [61, {}, 'blue', 'held'],
    [120, {}, 'blue', 'held'],
    [121, {}, 'green', 'covered'],
  ],
  'red: less than 80 %, at once': [
    [0, {}, 'green', 'covered'],
    [1, { share: 0.799 }, 'red', 'share_low'],
  ],
  'red: more than 5 % of the demand in cold spots': [
    [0, { share: 0.96, coldShare: 0.05 }, 'green', 'covered'],
    [1, { share: 0.96, coldShare: 0.051 }, 'red', 'cold_spot'],
  ],
  'red is left after 120 s at 85 % and more': [
    [0, { share: 0.7 }, 'red', 'share_low'],
    [1, { share: 0.84 }, 'red', 'held', 'share_low'],
    [500, { share: 0.84 }, 'red', 'held', 'share_low'],
    [501, { share: 0.85 }, 'red', 'held', 'share_low'],
    [620, { share: 0.85 }, 'red', 'held', 'share_low'],
    [621, { share: 0.85 }, 'blue', 'share_low'],
  ],
  'red goes to green when everything is well for 120 s': [
    [0, { share: 0.7 }, 'red', 'share_low'],
    [1, {}, 'red', 'held'],
    [120, {}, 'red', 'held'],
    [121, {}, 'green', 'covered'],
  ],
  'black: less than half': [[0, { share: 0.499 }, 'black', 'share_low']],
  'black: nobody reaches anything': [
    [0, { share: 0, centreUnits: 0 }, 'black', 'nobody_reaches', 'share_low', 'thin'],
  ],
  'black: an urgent incident nobody reaches, in a green grid': [
    [0, {}, 'green', 'covered'],
    [1, { unreached: ['inc-1'] }, 'black', 'incident_unreachable'],
    [2, { unreached: ['inc-1', 'inc-2'] }, 'black', 'incident_unreachable', 'incident_unreachable'],
    [3, {}, 'black', 'held'],
    [182, {}, 'black', 'held'],
    [183, {}, 'green', 'covered'],
  ],
  'black is left when its cause is gone for 180 s, and what is worse than green shows then': [
    [0, { share: 0.3 }, 'black', 'share_low'],
    [1, { share: 0.6 }, 'black', 'held', 'share_low'],
    [180, { share: 0.6 }, 'black', 'held', 'share_low'],
    [181, { share: 0.6 }, 'red', 'share_low'],
  ],
  'a whole grid is black for 180 s and then green: the times run side by side': [
    [0, { share: 0 }, 'black', 'nobody_reaches', 'share_low'],
    [1, {}, 'black', 'held'],
    [180, {}, 'black', 'held'],
    [181, {}, 'green', 'covered'],
  ],
  'acknowledged: stays black while its cause lasts, and leaves at once when it is gone': [
    [0, { share: 0.3 }, 'black', 'share_low'],
    [5, { share: 0.3, ack: true }, 'black', 'share_low'],
    [6, { share: 0.6 }, 'red', 'share_low'],
  ],
  'acknowledged while held: leaves at the next refresh': [
    [0, { share: 0.3 }, 'black', 'share_low'],
    [10, { share: 0.9 }, 'black', 'held', 'share_low'],
    [11, { share: 0.9, ack: true }, 'red', 'held', 'share_low'],
    [130, { share: 0.9 }, 'blue', 'share_low'],
  ],
  'a worse colour does not wait for the time of a milder one': [
    [0, { share: 0.7 }, 'red', 'share_low'],
    [5, {}, 'red', 'held'],
    [6, { share: 0.1 }, 'black', 'share_low'],
  ],
  'unknown: more than a fifth stale, at once, whatever is measured': [
    [0, {}, 'green', 'covered'],
    [1, { staleShare: 0.2 }, 'green', 'covered'],
    [2, { staleShare: 0.21 }, 'unknown', 'data_stale'],
    [3, { staleShare: 0.21, share: 0.1 }, 'unknown', 'data_stale', 'share_low'],
    [4, {}, 'green', 'covered'],
  ],
  'unknown: nothing known, and then the colour of what is measured': [
    [0, { share: 0.3 }, 'black', 'share_low'],
    [1, { staleShare: null }, 'unknown', 'no_data'],
    [2, { share: 0.9 }, 'blue', 'share_low'],
  ],
}

describe('colour of a grid', () => {
  for (const [title, steps] of Object.entries(TABLE)) it(title, () => run(steps))

  it('says the seconds of a hold and their limit, and what was compared', () => {
    const red = gridColour(unknownSince(0), { ...whole, share: 0.7 }, 0)
    expect(red.reasons).toEqual([{ code: 'share_low', value: 0.7, limit: 0.8 }])
    const from = gridColour(red.state, whole, 1_000).state
    expect(gridColour(from, whole, 31_500).reasons).toEqual([{ code: 'held', value: 30, limit: 120 }])
  })

  it('asks for attention again when an urgent incident is added to an acknowledged black', () => {
    const black = gridColour(unknownSince(0), { ...whole, unreached: ['inc-1'] }, 0).state
    const seen = gridColour(acknowledged(black), { ...whole, unreached: ['inc-1'] }, 1_000).state
    expect(seen).toMatchObject({ colour: 'black', acknowledged: true })
    const again = gridColour(seen, { ...whole, unreached: ['inc-1', 'inc-2'] }, 2_000).state
    expect(again).toMatchObject({ colour: 'black', acknowledged: false })
  })

  it('acknowledges black alone', () => {
    const red = gridColour(unknownSince(0), { ...whole, share: 0.7 }, 0).state
    expect(acknowledged(red)).toBe(red)
  })

  it('is never green on lost data, never milder than what is measured, and changes for the worse at once', () => {
    let cases = 0
    const greens = { seen: 0 }
    const measured = fc.record({
      share: fc.constantFrom(0, 0.3, 0.5, 0.79, 0.8, 0.85, 0.94, 0.95, 1),
      centreUnits: fc.nat(4),
      coldShare: fc.constantFrom(0, 0.05, 0.06),
      unreached: fc.constantFrom([], [], [], ['inc-1']),
      staleShare: fc.constantFrom(0, 0, 0, 0.2, 0.5, null),
    })
    const step = fc.record({
      measured,
      afterMs: fc.constantFrom(1_000, 1_000, 30_000, 70_000, 200_000),
      ack: fc.boolean(),
    })
    const order = ['green', 'blue', 'red', 'black']
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), steps => {
        let state = unknownSince(0)
        let nowMs = 0
        for (const { measured: m, afterMs, ack } of steps) {
          nowMs += afterMs
          const judged = gridColour(ack ? acknowledged(state) : state, m, nowMs)
          const fresh = gridColour(unknownSince(0), m, nowMs).state.colour
          const lost = m.staleShare === null || m.staleShare > 0.2
          expect(judged.state.colour === 'unknown').toBe(lost)
          if (!lost) expect(order.indexOf(judged.state.colour)).toBeGreaterThanOrEqual(order.indexOf(fresh))
          expect(judged.reasons.length).toBeGreaterThan(0)
          if (judged.state.colour === 'green') {
            greens.seen++
            expect(
              m.share >= 0.95 && m.centreUnits >= 2 && m.coldShare <= 0.05 && m.unreached.length === 0,
            ).toBe(true)
          }
          state = judged.state
          cases++
        }
      }),
      { seed: 41, numRuns: 400 },
    )
    console.info(`colours: ${cases} refreshes, ${greens.seen} green`)
    expect(greens.seen).toBeGreaterThan(50)
  })
})
