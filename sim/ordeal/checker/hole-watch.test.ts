import { expect, it } from 'vitest'
import { isWithout, silentHoles } from './hole-watch.ts'

const [OLD, NEW] = ['00000000000000e1', '00000000000000e2']

/** A ledger of these keys; the families are what stands before the last slash, as on the simulated disk. */
function ledgerOf(rows: Readonly<Record<string, unknown>>): (family: string) => ReadonlyMap<string, unknown> {
  const entries = Object.entries(rows)
  return family => new Map(entries.filter(([key]) => key.startsWith(family)))
}

const gap = (epoch: string, body: object, origin?: object) => ({
  ...{ kind: 'gap', epoch, body: JSON.stringify(body) },
  ...(origin && { origin }),
})
const lane = `car/${OLD}/track`
const track = (seq: number): string => `record/${lane}/${String(seq).padStart(12, '0')}`
const event = (epoch: string, seq: number): string =>
  `record/car/${epoch}/event/${String(seq).padStart(12, '0')}`
const marks = {
  [`watermark/${lane}`]: {},
  [`watermark/car/${OLD}/event`]: {},
  [`watermark/car/${NEW}/event`]: {},
}

it('finds the numbers below a record of which the ledger says nothing', () => {
  const rows = ledgerOf({ ...marks, [track(2)]: {}, [track(8)]: {} })
  expect(silentHoles(rows)).toEqual([{ deviceId: 'car', first: `${OLD}/track/1`, count: 6 }])
  expect(isWithout(rows, lane)).toBe(true)
})

it('takes another name, a receipt, one that was carried over, and a loss that was written down for an answer', () => {
  const lost = { epoch: OLD, ranges: [[4, 5]] }
  const rows = ledgerOf({
    ...marks,
    [track(8)]: {},
    [`record/=/${lane}/000000000001`]: {},
    [event(OLD, 1)]: gap(OLD, { lane: 'track', ranges: [[2, 2]] }),
    [event(NEW, 1)]: gap(NEW, { lane: 'track', ranges: [[3, 3]] }, { epoch: OLD }),
    [event(NEW, 2)]: gap(NEW, { lane: 'track', ranges: [[7, 7]], lost }),
    'audit/1': {
      action: 'intake.lost',
      detail: { deviceId: 'car', epoch: OLD, lane: 'track', holes: [[6, 6]] },
    },
  })
  // A receipt speaks of the store it was written in: 7 of the new one is no answer to 7 of the old one.
  expect(silentHoles(rows)).toEqual([{ deviceId: 'car', first: `${OLD}/track/7`, count: 1 }])
})

it('asks nothing of a lane that is whole, or of which nothing but other names is known', () => {
  const rows = ledgerOf({ ...marks, [track(1)]: {}, [`record/=/car/${OLD}/event/000000000009`]: {} })
  expect(silentHoles(rows)).toEqual([])
  expect(isWithout(rows, lane)).toBe(false)
})
