import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LANES } from '#protocols/record.ts'
import { Ack } from '#protocols/session.ts'
import { ackText } from './ack-text.ts'

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`))
const ack = fc.record(
  {
    ...{ v: fc.constant(1 as const), ledgerId: hex(16), generation: fc.nat(), epoch: hex(16) },
    ...{ lane: fc.constantFrom(...LANES), upTo: fc.maxSafeNat(), sum: hex(64) },
  },
  { requiredKeys: ['v', 'ledgerId', 'generation', 'epoch', 'lane', 'upTo'] },
)
const pause = fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined })

it('an ack written field by field says what its JSON would', () => {
  let cases = 0
  fc.assert(
    fc.property(ack, pause, (said, pauseMs) => {
      const wanted = { ...said, ...(pauseMs !== undefined && { pauseMs }) }
      expect(ackText(said, pauseMs)).toBe(JSON.stringify(wanted))
      expect(Ack.parse(JSON.parse(ackText(said, pauseMs)))).toEqual(wanted)
      cases++
    }),
    { seed: 31, numRuns: 300 },
  )
  console.info(`${cases} acks`)
})
