import { describe, expect, it } from 'vitest'
import { randomOf } from '../random.ts'
import { heardAt, sampled } from './uart.ts'

const sentence = new TextEncoder().encode('$GNGLL,3524.1234,N,11635.1234,E,033000.00,A,A*7F\r\n')

describe('a wire between two speeds', () => {
  it('carries every byte when both ends agree within two per cent', () => {
    const random = randomOf(7, 'uart', 'bytes')
    let cases = 0
    for (const ratio of [0.98, 0.99, 1, 1.01, 1.02])
      for (let i = 0; i < 40; i += 1) {
        const bytes = Uint8Array.from({ length: random.integer(1, 64) }, () => random.integer(0, 255))
        expect([...sampled(bytes, ratio)]).toEqual([...bytes])
        cases += 1
      }
    console.log(`uart: ${cases} bursts across a wire of two almost equal speeds`)
    expect(cases).toBeGreaterThan(0)
  })

  it('gives a slow receiver few bytes and a fast one mostly breaks', () => {
    const slow = heardAt(sentence, 115_200, 9_600)
    const fast = heardAt(sentence, 9_600, 115_200)
    expect(slow.length).toBeLessThan(sentence.length / 6)
    expect(fast.filter(byte => byte === 0).length).toBeGreaterThan(0)
    expect(new TextDecoder().decode(fast)).not.toContain('GNGLL')
  })

  it('makes of an all-high byte at double speed what the textbook says', () => {
    // 0xff at 9600: one low bit, then high. At 19200 that is two low bits: start and d0.
    expect([...heardAt(Uint8Array.of(0xff), 9_600, 19_200)]).toEqual([0xfe])
    // Twelve times faster the low bit is longer than a whole character: a break.
    expect([...heardAt(Uint8Array.of(0xff), 9_600, 115_200)]).toEqual([0])
  })
})
