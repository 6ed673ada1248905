import { describe, expect, it } from 'vitest'
import { fault } from '#protocols/result.ts'
import { DOUBT_MS, ELSEWHERE_AFTER_MS, stepLine } from './line-keeper.ts'
import { newLine } from './line-state.ts'
import type { LineEffect, LineEvent, LineRules } from './line-state.ts'
import { roundOfSpeeds } from './speed-hunt.ts'

const gone = fault('PORT_ABSENT', 'unplugged')

/** A line whose door answers at once, told as a list of words. */
function told(rules: Partial<LineRules> = {}) {
  const line = newLine({
    ...{ path: '/dev/gnss', baud: 9_600, silenceMsMax: 3_000, speeds: null, isProved: true },
    ...{ retryMs: { first: 200, max: 500 }, restMs: { first: 30_000, max: 60_000 }, looksElsewhere: false },
    ...rules,
  })
  let nowMs = 0
  const words: string[] = []
  const world = { plugged: true }
  const send = (event: LineEvent): void => stepLine(line, event, nowMs).forEach(perform)
  const perform = (effect: LineEffect): void => {
    switch (effect.do) {
      case 'open':
        words.push(`open ${effect.path} ${effect.baud}`)
        if (world.plugged) return send({ type: 'opened', open: effect.open })
        return send({ type: 'refused', open: effect.open, why: gone })
      case 'release':
        return send({ type: 'released', open: effect.open })
      case 'tell':
        return void words.push(effect.why ? `${effect.state} ${effect.why.code}` : effect.state)
      case 'reset':
      case 'look-elsewhere':
        return void words.push(effect.do)
      case 'locked':
        return void words.push(`locked ${effect.baud}`)
    }
  }
  return {
    line,
    world,
    send,
    /** Lets time pass; `every` runs each 100 ms. */
    pass: (ms: number, every: () => void = () => {}): void => {
      for (const untilMs = nowMs + ms; nowMs < untilMs;) {
        nowMs += 100
        send({ type: 'tick' })
        every()
      }
    },
    hear: (sense: number | null = null): void => send({ type: 'heard', open: line.open, sense }),
    words: (): string[] => words.splice(0),
  }
}

describe('a line that is kept', () => {
  it('climbs the ladder once, rests listening, and climbs it again after the rest', () => {
    const t = told()
    t.send({ type: 'start' })
    t.pass(9_000)
    expect(t.words()).toEqual([
      ...['open /dev/gnss 9600', 'open', 'stalled PORT_SILENT', 'open /dev/gnss 9600', 'reset'],
      'resting PORT_SILENT',
    ])
    t.pass(29_000)
    expect(t.words()).toEqual([])
    t.pass(10_000)
    expect(t.words()).toEqual(['open /dev/gnss 9600', 'reset'])
    t.pass(1_000)
    t.hear()
    expect(t.words()).toEqual(['open'])
  })

  it('never leaves a proved speed for silence, however long', () => {
    const t = told({ speeds: [4_800, 9_600, 115_200] })
    t.send({ type: 'start' })
    t.pass(3_600_000)
    expect(t.words().filter(word => word.startsWith('open /') && !word.endsWith(' 9600'))).toEqual([])
  })

  it('tries other speeds for an assumed one that stays silent, then rests at the assumed one', () => {
    const t = told({ speeds: [4_800, 9_600, 115_200], isProved: false })
    t.send({ type: 'start' })
    t.pass(20_000)
    expect(
      t
        .words()
        .filter(word => /^(open|resting) /.test(word))
        .slice(1),
    ).toEqual([
      ...['open /dev/gnss 9600', 'open /dev/gnss 4800', 'open /dev/gnss 115200', 'open /dev/gnss 9600'],
      'resting PORT_SILENT',
    ])
  })

  it('says within three periods that bytes make no sense, and doubts a proved speed after a minute of it', () => {
    const t = told({ speeds: [4_800, 9_600] })
    t.send({ type: 'start' })
    t.hear(1)
    t.hear(2)
    t.words()
    t.pass(3_100, () => t.hear(2))
    expect(t.words()).toEqual(['stalled PORT_GARBLED'])
    t.pass(DOUBT_MS - 4_000, () => t.hear(2))
    expect(t.words()).toEqual([])
    t.pass(2_500, () => t.hear(0))
    expect(t.words()).toEqual(['open /dev/gnss 4800'])
  })

  it('locks at the second right frame and gives the first one time', () => {
    const t = told({ speeds: [4_800, 9_600], isProved: false })
    t.send({ type: 'start' })
    t.pass(3_100, () => t.hear(0))
    expect(t.words().at(-1)).toBe('open /dev/gnss 4800')
    t.pass(2_000)
    t.hear(1)
    t.pass(2_100)
    expect(t.words()).toEqual([])
    t.hear(2)
    expect(t.words()).toEqual(['open', 'locked 4800'])
  })

  it('does not hear what an older open still has to say', () => {
    const t = told()
    t.send({ type: 'start' })
    t.pass(3_000)
    expect(t.line.open).toBe(2)
    t.words()
    t.send({ type: 'heard', open: 1, sense: null })
    t.send({ type: 'gone', open: 1, why: gone })
    t.send({ type: 'stuck', open: 1, why: gone })
    expect(t.words()).toEqual([])
    expect(t.line.phase).toBe('open')
  })

  it('looks elsewhere once it was gone for 10 s, and takes its own name first after that', () => {
    const t = told({ looksElsewhere: true })
    t.send({ type: 'start' })
    t.world.plugged = false
    t.send({ type: 'gone', open: t.line.open, why: gone })
    t.pass(ELSEWHERE_AFTER_MS - 1_000)
    expect(t.words()).not.toContain('look-elsewhere')
    t.pass(2_000)
    expect(t.words().filter(word => word === 'look-elsewhere')).toHaveLength(1)
    t.world.plugged = true
    t.send({ type: 'elsewhere', place: { path: '/dev/other', baud: 4_800 } })
    expect(t.words()).toEqual(['open /dev/other 4800', 'open'])
    t.send({ type: 'gone', open: t.line.open, why: gone })
    t.pass(500)
    expect(t.words()).toEqual(['no_device PORT_ABSENT', 'open /dev/gnss 9600', 'open'])
  })

  it('learns that a talker is slow, and is not misled by one pause of a quick one', () => {
    const slow = told()
    slow.send({ type: 'start' })
    for (let i = 0; i < 20; i += 1) {
      slow.pass(2_500)
      slow.hear()
    }
    slow.words()
    slow.pass(7_000)
    expect(slow.words()).toEqual([])
    slow.pass(500)
    expect(slow.words()[0]).toBe('stalled PORT_SILENT')

    const quick = told()
    quick.send({ type: 'start' })
    for (const pauseMs of [1_000, 1_000, 1_000, 2_900, 1_000]) {
      quick.pass(pauseMs)
      quick.hear()
    }
    quick.words()
    quick.pass(3_000)
    expect(quick.words()[0]).toBe('stalled PORT_SILENT')
  })
})

describe('a round of speeds', () => {
  it('comes back to a proved speed between all others', () => {
    expect(roundOfSpeeds([1, 2, 9], { baud: 9, isProved: true })).toEqual([9, 1, 9, 2])
    expect(roundOfSpeeds([1, 2, 9], { baud: 9, isProved: false })).toEqual([9, 1, 2])
  })
})
