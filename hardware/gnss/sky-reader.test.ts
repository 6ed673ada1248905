import { describe, expect, it } from 'vitest'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import { GnssDecoder } from './decoder.ts'
import { SkyReader } from './sky-reader.ts'

const sumOf = (text: string): string =>
  [...text]
    .reduce((sum, c) => sum ^ c.charCodeAt(0), 0)
    .toString(16)
    .toUpperCase()
    .padStart(2, '0')
const bytesOf = (...bodies: readonly string[]): Uint8Array =>
  new TextEncoder().encode(bodies.map(body => `$${body}*${sumOf(body)}\r\n`).join(''))

describe('the sky, satellite by satellite', () => {
  it('has place, strength and use of each, the best heard first', () => {
    const reader = new SkyReader()
    reader.feed(
      bytesOf(
        'GNGSA,A,3,03,,,,,,,,,,,,1.5,0.9,1.2,1',
        'GNGSA,A,3,19,,,,,,,,,,,,1.5,0.9,1.2,4',
        'GPGSV,1,1,02,03,45,111,41,04,15,270,,1',
        'GBGSV,1,1,01,19,60,010,44,1',
      ),
    )
    expect(reader.sky()).toEqual([
      { constellation: 'beidou', number: 19, elevationDeg: 60, azimuthDeg: 10, cn0Dbhz: 44, used: true },
      { constellation: 'gps', number: 3, elevationDeg: 45, azimuthDeg: 111, cn0Dbhz: 41, used: true },
      { constellation: 'gps', number: 4, elevationDeg: 15, azimuthDeg: 270, cn0Dbhz: null, used: false },
    ])
  })

  it('tells a satellite once, by the best of its signals, and forgets one that is no longer told', () => {
    const reader = new SkyReader()
    reader.feed(bytesOf('GPGSV,1,1,01,03,45,111,31,1', 'GPGSV,1,1,01,03,45,111,38,6'))
    expect(reader.sky().map(s => s.cn0Dbhz)).toEqual([38])
    reader.feed(bytesOf('GPGSV,1,1,01,07,45,111,31,1', 'GPGSV,1,1,00,6'))
    expect(reader.sky().map(s => s.number)).toEqual([7])
  })

  it('counts as the decoder counts', () => {
    const [reader, decoder] = [new SkyReader(), new GnssDecoder()]
    const epoch = simulatedReceiver().epoch({
      ...{ lat: 35.4, lon: 116.6, speedMps: 0, trackDeg: 0, fix: true, utcMs: Date.UTC(2026, 10, 24, 3) },
    })
    reader.feed(epoch)
    const [fix] = [...decoder.feed(epoch), ...decoder.quiet()]
    expect(reader.sky()).toHaveLength(fix!.satsSeen!)
    expect(reader.sky().filter(s => s.used)).toHaveLength(fix!.satsUsed!)
  })

  it('keeps nothing of a line of noise', () => {
    const reader = new SkyReader()
    reader.feed(Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919) & 255))
    expect(reader.sky()).toEqual([])
  })
})
