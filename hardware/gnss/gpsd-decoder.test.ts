import { describe, expect, it } from 'vitest'
import { GpsdDecoder } from './gpsd-decoder.ts'

const tpv = (time: string, more: object): string =>
  `${JSON.stringify({ class: 'TPV', device: '/dev/gnss', time, lat: 35.4, lon: 116.6, ...more })}\r\n`
const feed = (decoder: GpsdDecoder, ...lines: readonly string[]) =>
  decoder.feed(new TextEncoder().encode(lines.join('')))

describe('what gpsd tells', () => {
  it('is one fix a moment, and a second only when it knows more', () => {
    const decoder = new GpsdDecoder()
    const at = '2026-11-24T03:20:11.000Z'
    const fixes = feed(
      decoder,
      tpv(at, { mode: 2 }),
      tpv(at, { mode: 2 }),
      tpv(at, { mode: 3, altMSL: 42 }),
      tpv(at, { mode: 3, altMSL: 42 }),
      tpv('2026-11-24T03:20:12.000Z', { mode: 3, altMSL: 42 }),
    )
    expect(fixes.map(({ mode, altMslM }) => [mode, altMslM])).toEqual([
      [2, undefined],
      [3, 42],
      [3, 42],
    ])
  })

  it('without a time is told every time: nobody knows whether it is the same moment', () => {
    const line = `${JSON.stringify({ class: 'TPV', device: '/dev/gnss', mode: 1 })}\n`
    expect(feed(new GpsdDecoder(), line, line)).toHaveLength(2)
  })

  it('may be anything at all', () => {
    const decoder = new GpsdDecoder()
    expect(
      feed(decoder, 'no json\n', '{"class":"TPV","mode":9}\n', '[]\n', 'x'.repeat(70_000), '\n'),
    ).toEqual([])
    expect(decoder.stats().refused).toBeGreaterThanOrEqual(3)
  })
})
