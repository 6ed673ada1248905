import { describe, expect, it } from 'vitest'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import { GnssDecoder } from './decoder.ts'
import { fletcherOf } from '#protocols/nmea/checksum.ts'
import { skyEarsFor } from './sky-ears.ts'
import { SkyReader } from './sky-reader.ts'

type Row = readonly [
  system: number,
  number: number,
  cn0: number,
  elevation: number,
  azimuth: number,
  used: boolean,
]
/** A whole NAV-SAT frame. */
function navSat(rows: readonly Row[]): Uint8Array {
  const size = 8 + 12 * rows.length
  const bytes = new Uint8Array(size + 8)
  bytes.set([0xb5, 0x62, 0x01, 0x35, size & 255, size >> 8])
  const v = new DataView(bytes.buffer, 6, size)
  v.setUint8(4, 1)
  v.setUint8(5, rows.length)
  rows.forEach(([system, number, cn0, elevation, azimuth, used], i) => {
    const at = 8 + 12 * i
    for (const [j, value] of [system, number, cn0].entries()) v.setUint8(at + j, value)
    v.setInt8(at + 3, elevation)
    v.setInt16(at + 4, azimuth, true)
    v.setUint32(at + 8, used ? 8 : 0, true)
  })
  const sum = fletcherOf(bytes, 2, size + 6)
  bytes.set([sum & 255, sum >> 8], size + 6)
  return bytes
}

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

  it('reads the sky of a receiver left in binary mode', () => {
    const reader = new SkyReader()
    reader.feed(
      navSat([
        [3, 19, 44, 60, 10, true],
        [0, 3, 41, 45, 111, true],
        [6, 6, 0, 15, 270, false],
        [2, 11, 30, -91, 0, false],
        [0, 99, 40, 10, 10, true], // no such satellite
      ]),
    )
    expect(reader.sky()).toEqual([
      { constellation: 'beidou', number: 19, elevationDeg: 60, azimuthDeg: 10, cn0Dbhz: 44, used: true },
      { constellation: 'gps', number: 3, elevationDeg: 45, azimuthDeg: 111, cn0Dbhz: 41, used: true },
      {
        constellation: 'galileo',
        number: 11,
        elevationDeg: null,
        azimuthDeg: null,
        cn0Dbhz: 30,
        used: false,
      },
      { constellation: 'glonass', number: 6, elevationDeg: 15, azimuthDeg: 270, cn0Dbhz: null, used: false },
    ])
    // Sentences that follow tell it anew.
    reader.feed(bytesOf('GPGSV,1,1,01,07,45,111,31,1'))
    expect(reader.sky().map(s => s.number)).toEqual([7])
  })

  it('reads what gpsd reports, and nothing from a line that is broken or of another kind', () => {
    const ears = skyEarsFor('gpsd://127.0.0.1:2947')
    const report = (satellites: unknown): string => `${JSON.stringify({ class: 'SKY', satellites })}\r\n`
    const bytes = new TextEncoder().encode(
      report([
        { gnssid: 0, svid: 3, el: 45, az: 111, ss: 41, used: true },
        { gnssid: 3, svid: 19, el: 60, az: 10, ss: 44.4, used: true },
        { gnssid: 6, svid: 6, ss: 0, used: false },
        { PRN: 5, used: true },
      ]),
    )
    // A few bytes at a time, as a socket may hand them over.
    for (let at = 0; at < bytes.length; at += 7) ears.feed(bytes.subarray(at, at + 7))
    const sky = ears.sky()
    expect(
      sky.map(({ constellation, number, cn0Dbhz, used }) => [constellation, number, cn0Dbhz, used]),
    ).toEqual([
      ['beidou', 19, 44, true],
      ['gps', 3, 41, true],
      ['glonass', 6, null, false],
    ])
    ears.feed(
      new TextEncoder().encode('{"class":"SKY","satellites":"many"}\n{"class":"SKY"\n{"class":"TPV"}\n'),
    )
    expect(ears.sky()).toEqual(sky)
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
