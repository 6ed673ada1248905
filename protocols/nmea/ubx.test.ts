import { describe, expect, it } from 'vitest'
import type { Fix } from '../fix.ts'
import { satelliteId, satelliteOf } from './constellation.ts'
import { EpochAssembler } from './epoch.ts'
import { UbxReader } from './ubx.ts'

/** A whole frame with a payload of `size` bytes filled by `fill`; the sum is the scanner's business. */
const frame = (message: number, size: number, fill: (v: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size + 8)
  bytes.set([0xb5, 0x62, message >> 8, message & 0xff, size & 0xff, size >> 8])
  fill(new DataView(bytes.buffer, 6, size))
  return bytes
}
const TOW_MS = 90_000_000
const WEEK = 2446
/** GPS week 2446 begins on Sunday, 22 November 2026; GPS is 18 s ahead of UTC. */
const UTC_MS = Date.UTC(2026, 10, 22) + TOW_MS - 18_000

/** A car at 35.6 N 117 E, 100 m above the ellipsoid, driving east at 10 m/s. */
const sol = (towMs: number, fix = 3): Uint8Array =>
  frame(0x0106, 52, v => {
    v.setUint32(0, towMs, true)
    v.setInt16(8, WEEK, true)
    v.setUint8(10, fix)
    v.setUint8(11, 0x0d)
    for (const [i, m] of [-2_357_273.09, 4_626_409.08, 3_692_211.89].entries())
      v.setInt32(12 + 4 * i, Math.round(m * 100), true)
    for (const [i, mps] of [-8.91, -4.54, 0].entries()) v.setInt32(28 + 4 * i, Math.round(mps * 100), true)
    v.setUint16(44, 150, true)
  })
const pvt = (towMs: number, fix: number, isOk = true): Uint8Array =>
  frame(0x0107, 92, v => {
    v.setUint32(0, towMs, true)
    v.setUint16(4, 2026, true)
    for (const [i, n] of [11, 23, 0, 59, 42, 3].entries()) v.setUint8(6 + i, n)
    v.setUint8(20, fix)
    v.setUint8(21, isOk ? 1 : 0)
    v.setInt32(24, 1_170_000_000, true)
    v.setInt32(28, 356_000_000, true)
    v.setInt32(36, 61_000, true)
    v.setInt32(60, 10_000, true)
    v.setInt32(64, 9_000_000, true)
  })
const pvat = (towMs: number, version = 0): Uint8Array =>
  frame(0x0117, 116, v => {
    v.setUint32(0, towMs, true)
    v.setUint8(4, version)
    v.setUint8(5, 3)
    v.setUint16(6, 2026, true)
    for (const [i, n] of [11, 23, 0, 59, 42].entries()) v.setUint8(8 + i, n)
    v.setInt32(20, 200_000_000, true)
    v.setUint8(24, 4)
    v.setUint8(25, 1)
    v.setInt32(28, 1_170_000_000, true)
    v.setInt32(32, 356_000_000, true)
    v.setInt32(40, 61_000, true)
    v.setUint32(44, 1_500, true)
    v.setInt32(64, 10_000, true)
    v.setInt32(76, 12_00000, true) // pitch: of no use here
    v.setInt32(80, 5_000_000, true) // where the bonnet points
    v.setInt32(84, 9_000_000, true) // where it goes
  })
const fixesOf = (frames: readonly Uint8Array[]): Fix[] => {
  const [reader, epochs, fixes] = [new UbxReader(), new EpochAssembler(), [] as Fix[]]
  for (const bytes of frames) {
    const read = reader.read(bytes)
    if (read.ok) epochs.take(read.value, fixes)
  }
  epochs.close(fixes)
  return fixes
}

describe('a u-blox receiver left in binary mode', () => {
  it('tells all in one with the car’s attitude, of which only the way it goes is taken', () => {
    const [fix] = fixesOf([pvat(TOW_MS)])
    expect(fix).toMatchObject({
      ...{ mode: 3, lat: 35.6, lon: 117, altMslM: 61, speedMps: 10, trackDeg: 90, accuracyM: 1.5 },
      timeUtcMs: Date.UTC(2026, 10, 23, 0, 59, 42, 200),
    })
    expect(fixesOf([pvat(TOW_MS, 1)])[0]?.mode).toBe(1)
    expect(new UbxReader().read(frame(0x0117, 92, () => {}))).toMatchObject({ code: 'UBX_SHORT' })
  })

  it('tells place, time and speed earth-centred, and the height above the sea follows', () => {
    const [first, second] = fixesOf([sol(TOW_MS), sol(TOW_MS + 1000)])
    expect(first?.timeUtcMs).toBe(UTC_MS)
    expect(second?.timeUtcMs).toBe(UTC_MS + 1000)
    expect(first?.lat).toBeGreaterThan(35)
    expect(Math.abs((first?.speedMps ?? 0) - 10)).toBeLessThan(0.05)
    expect(Math.abs((first?.trackDeg ?? 0) - 90)).toBeLessThan(0.5)
    expect(first?.altMslM).toBeDefined()
  })

  it('tells all in PVT, and nothing while its fix is not good', () => {
    const [fix] = fixesOf([pvt(TOW_MS, 3)])
    expect(fix).toMatchObject({ mode: 3, lat: 35.6, lon: 117, altMslM: 61, speedMps: 10, trackDeg: 90 })
    expect(fixesOf([pvt(TOW_MS, 3, false)])[0]).toMatchObject({ mode: 1 })
    expect(fixesOf([pvt(TOW_MS, 3, false)])[0]).not.toHaveProperty('lat')
  })

  it('says when it reckons, and when it was told its place', () => {
    expect(fixesOf([pvt(TOW_MS, 1)])[0]).toMatchObject({ mode: 2, deadReckoning: true })
    expect(fixesOf([pvt(TOW_MS, 5)])[0]).toMatchObject({ mode: 3, simulated: true })
    expect(fixesOf([pvt(TOW_MS, 4)])[0]).not.toHaveProperty('deadReckoning')
  })

  it('names its satellites by system', () => {
    const sat = frame(0x0135, 8 + 3 * 12, v => {
      v.setUint8(4, 1)
      v.setUint8(5, 3)
      for (const [i, [system, number, used]] of [[3, 19, 8], [0, 5, 0], [6, 255, 8]].entries()) {
        v.setUint8(8 + 12 * i, system as number)
        v.setUint8(9 + 12 * i, number as number)
        v.setUint8(16 + 12 * i, used as number)
      }
    }) // prettier-ignore
    const read = new UbxReader().read(sat)
    expect(read.ok && read.value.rows?.map(r => [r.satellite, r.used])).toEqual([
      [satelliteId('beidou', 19), true],
      [satelliteId('gps', 5), false],
    ])
  })

  it('answers a short or foreign frame with a code', () => {
    const reader = new UbxReader()
    expect(reader.read(frame(0x0107, 40, () => {}))).toMatchObject({ ok: false, code: 'UBX_SHORT' })
    expect(reader.read(frame(0x0a04, 40, () => {}))).toMatchObject({ ok: false, code: 'UBX_UNREAD' })
  })
})

describe('satellite numbers', () => {
  it('mean the same satellite under every talker and numbering', () => {
    const beidou19 = satelliteId('beidou', 19)
    expect([
      satelliteOf('GB', 19),
      satelliteOf('BD', 19),
      satelliteOf('GN', 19, 4),
      satelliteOf('PQ', 19, 4),
      satelliteOf('GP', 219),
      satelliteOf('BD', 219),
      satelliteOf('GN', 419),
    ]).toEqual(Array(7).fill(beidou19))
    expect([satelliteOf('GL', 70), satelliteOf('GN', 70), satelliteOf('GL', 6)]).toEqual(
      Array(3).fill(satelliteId('glonass', 6)),
    )
    expect(satelliteOf('GP', 46)).toBe(satelliteId('sbas', 133))
    expect(satelliteOf('GA', 301)).toBe(satelliteOf('GN', 1, 3))
    expect(satelliteOf('GQ', 1)).toBe(satelliteOf('GP', 193))
    expect([100, 170, 299, 600].map(n => satelliteOf('GP', n))).toEqual(Array(4).fill(undefined))
  })
})
