import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import { UNREAD, debounced } from './contact.ts'
import { advanceRules } from './rules.ts'
import type { InputRule, RulesState } from './rules.ts'

const rule = (channel: Channel, more: Partial<InputRule>): InputRule => ({
  channel,
  senses: 'level',
  holdMs: 0,
  only: null,
  latchedUntil: null,
  ...more,
})

/** Plays `[at, channel, value]`, or `[at]` for time alone, and hands back what each channel was shown as. */
function play(rules: readonly InputRule[], story: readonly (readonly [number, Channel?, ChannelValue?])[]) {
  const state: RulesState = new Map()
  const shown: string[] = []
  for (const [atMs, channel, value] of story) {
    const event =
      channel === undefined
        ? ({ type: 'tick' } as const)
        : ({ type: 'heard', channel, value: value! } as const)
    for (const effect of advanceRules(state, event, atMs, rules))
      if (effect.type === 'show') shown.push(`${atMs} ${effect.channel} ${effect.value}`)
  }
  return shown
}

describe('the rules of a car', () => {
  it('show a channel without a rule as it is heard', () => {
    expect(play([], [[0, 'siren', 'on'], [9, 'siren', 'unknown']])).toEqual(['0 siren on', '9 siren unknown']) // prettier-ignore
  })

  it('count the rack only while the ignition is on, and say unknown while nobody knows', () => {
    const only = [rule('weapon_rack', { only: { channel: 'ignition', is: 'on' } })]
    expect(
      play(only, [
        [0, 'weapon_rack', 'off'],
        [1, 'weapon_rack', 'on'],
        [2, 'ignition', 'on'],
        [3, 'ignition', 'off'],
        [4, 'ignition', 'unknown'],
      ]),
    ).toEqual([
      '0 weapon_rack off',
      '1 weapon_rack unknown',
      '2 ignition on',
      '2 weapon_rack on',
      '3 ignition off',
      '3 weapon_rack off',
      '4 ignition unknown',
      '4 weapon_rack unknown',
    ])
  })

  it('take one edge for one event, however long the contact stays', () => {
    const edge = [rule('siren', { senses: 'edge', holdMs: 500 })]
    expect(
      play(edge, [[0, 'siren', 'off'], [10, 'siren', 'on'], [510], [9_000], [9_100, 'siren', 'off']]),
    ).toEqual(['0 siren off', '10 siren on', '510 siren off'])
  })

  it('see no edge in a contact that was active when it was first heard, or after a gap', () => {
    const edge = [rule('siren', { senses: 'edge', holdMs: 500 })]
    expect(
      play(edge, [
        [0, 'siren', 'on'],
        [10, 'siren', 'off'],
        [20, 'siren', 'unknown'],
        [30, 'siren', 'on'],
      ]),
    ).toEqual(['10 siren off', '20 siren unknown'])
  })

  it('hold a short pulse for as long as it must be seen, and no gap', () => {
    const held = [rule('panic', { holdMs: 1_000 })]
    expect(
      play(held, [
        [0, 'panic', 'on'],
        [40, 'panic', 'off'],
        [1_000],
        [2_000, 'panic', 'on'],
        [2_010, 'panic', 'unknown'],
      ]),
    ).toEqual(['0 panic on', '1000 panic off', '2000 panic on', '2010 panic unknown'])
  })

  it('keep a crash until the ignition is off, also over a gap', () => {
    const latch = [rule('brake', { latchedUntil: { channel: 'ignition', is: 'off' } })]
    expect(
      play(latch, [
        [0, 'ignition', 'on'],
        [1, 'brake', 'on'],
        [2, 'brake', 'off'],
        [3, 'brake', 'unknown'],
        [4, 'brake', 'off'],
        [5, 'ignition', 'off'],
      ]),
    ).toEqual([
      '0 ignition on',
      '1 brake on',
      '3 brake unknown',
      '4 brake on',
      '5 ignition off',
      '5 brake off',
    ])
  })

  it('never show off what is unknown, whatever the rules and whatever happens', () => {
    const channel = fc.constantFrom(...CHANNELS)
    const condition = fc.option(fc.record({ channel, is: fc.constantFrom('on' as const, 'off' as const) }))
    const rules = fc.uniqueArray(
      fc.record({
        channel,
        senses: fc.constantFrom('level' as const, 'edge' as const),
        holdMs: fc.nat(100),
        only: fc.constant(null),
        latchedUntil: condition,
      }),
      { selector: row => row.channel },
    )
    const story = fc.array(
      fc.tuple(channel, fc.constantFrom<ChannelValue>('on', 'off', 'unknown'), fc.nat(80)),
      { maxLength: 40 },
    )
    let seen = 0
    fc.assert(
      fc.property(rules, story, (made, steps) => {
        const state: RulesState = new Map()
        let nowMs = 0
        for (const [name, value, waitMs] of steps) {
          nowMs += waitMs
          advanceRules(state, { type: 'heard', channel: name, value }, nowMs, made)
          for (const slot of state.values()) {
            seen += 1
            if (slot.heard === 'unknown') expect(slot.shown).not.toBe('off')
          }
        }
      }),
      { seed: 11, numRuns: 300 },
    )
    console.info(`rules judged: ${seen}`)
    expect(seen).toBeGreaterThan(1_000)
  })
})

describe('a contact', () => {
  it('acts on the first active sample and releases after 30 ms of quiet', () => {
    const how = { releaseMs: 30 }
    let contact = debounced(UNREAD, true, 0, how)
    expect(contact.value).toBe('on')
    contact = debounced(contact, false, 20, how)
    contact = debounced(contact, false, 40, how)
    expect(contact.value).toBe('on')
    expect(debounced(contact, false, 50, how).value).toBe('off')
  })

  it('wants as many active samples in a row as it was told', () => {
    const how = { releaseMs: 0, confirmSamples: 3 }
    const values = [false, true, true, false, true, true, true].map(
      (
        contact => (active: boolean, i: number) =>
          (contact = debounced(contact, active, i, how)).value
      )(UNREAD),
    )
    expect(values).toEqual(['off', 'off', 'off', 'off', 'off', 'off', 'on'])
  })
})
