import { placeOfEcef, velocityOfEcef } from '../geo/ellipsoid.ts'
import type { Result } from '../result.ts'
import { fault, ok } from '../result.ts'
import type { Place } from './fields.ts'
import { monHw, monRf } from './ubx-monitor.ts'
import type { AntennaState, JammingState } from '../receiver-health.ts'
import { sat, sig, svInfo } from './ubx-satellites.ts'
import type { SatelliteRow } from './ubx-satellites.ts'

/*
 * u-blox receivers are often left in binary mode. Of a navigation epoch we read (u-blox 6, M8 and F9 receiver
 * descriptions, "UBX-NAV"; all little-endian; class 01):
 *
 *   07 PVT      time, fix, place, height, speed, heading in one; 17 PVAT the same and the car's attitude (F9R, M8U: u-blox F9
 *               HPS interface description, "UBX-NAV-PVAT")
 *   06 SOL      fix, place and velocity earth-centred; older receivers
 *   02 POSLLH   place, 12 VELNED velocity, 03 STATUS fix, 21 TIMEUTC and 20 TIMEGPS time: older receivers, one by one
 *   01 POSECEF, 11 VELECEF   place and velocity earth-centred
 *   04 DOP      dilution    30 SVINFO, 35 SAT, 43 SIG   satellites       61 EOE   end of an epoch
 *
 * of the high-rate class (28): 00 PVT, a fix reckoned between epochs; of the monitor class (0a): 09 HW, 38 RF.
 */
export type UbxReading = {
  readonly type: 'UBX'
  /** Class and number: 0x0107 is PVT. */
  readonly message: number
  /** Time of the GPS week, the same in all messages of an epoch. */
  readonly towMs?: number | undefined
  /** Absent until the receiver has resolved it. */
  readonly utcMs?: number | undefined
  readonly mode?: 1 | 2 | 3 | undefined
  readonly place?: Place | undefined
  /** Place and velocity computed from earth-centred ones: they give way to told ones. */
  readonly isDerived?: boolean
  readonly altMslM?: number | undefined
  readonly altHaeM?: number | undefined
  readonly speedMps?: number | undefined
  readonly trackDeg?: number | undefined
  readonly accuracyM?: number | undefined
  readonly hdop?: number | undefined
  readonly hasDop?: boolean
  readonly rows?: readonly SatelliteRow[]
  /** Reckoned without satellites. */
  readonly estimated?: boolean
  /** The receiver was told its place and gives time only. */
  readonly isFixedPlace?: boolean
  /** It ends the epoch by itself, whatever was learned. */
  readonly ends?: boolean
  readonly antenna?: AntennaState | undefined
  readonly jamming?: JammingState | undefined
  readonly spoofing?: boolean | undefined
}

type Body = Omit<UbxReading, 'type' | 'message'>
type Reader = { readonly name: string; readonly bytesMin: number; readonly of: (v: DataView) => Body }

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
const GPS_EPOCH_UTC_MS = Date.UTC(1980, 0, 6)
/** GPS minus UTC since 2017-01-01 (IERS bulletin C 52), until the receiver tells otherwise. */
const LEAP_SECONDS = 18

/** One per line: leap seconds are told now and then and used always. */
export class UbxReader {
  #leapSeconds = LEAP_SECONDS

  /** From a whole frame whose sum was right. Faults: `UBX_UNREAD` for other messages, `UBX_SHORT`. */
  read(frame: Uint8Array): Result<UbxReading> {
    const message = ((frame[2] as number) << 8) | (frame[3] as number)
    const reader = this.#readers.get(message)
    if (reader === undefined) return fault('UBX_UNREAD', message.toString(16).padStart(4, '0'))
    const bytes = frame.length - 8
    if (bytes < reader.bytesMin) return fault('UBX_SHORT', `${reader.name} ${bytes}`)
    const view = new DataView(frame.buffer, frame.byteOffset + 6, bytes)
    return ok({ type: 'UBX', message, ...reader.of(view) })
  }

  readonly #readers: ReadonlyMap<number, Reader> = new Map<number, Reader>([
    [0x0101, { name: 'POSECEF', bytesMin: 20, of: v => posEcef(v) }],
    [0x0102, { name: 'POSLLH', bytesMin: 28, of: v => posLlh(v) }],
    [0x0103, { name: 'STATUS', bytesMin: 16, of: v => status(v) }],
    [0x0104, { name: 'DOP', bytesMin: 18, of: v => dop(v) }],
    [0x0106, { name: 'SOL', bytesMin: 48, of: v => this.#sol(v) }],
    [0x0107, { name: 'PVT', bytesMin: 84, of: v => pvt(v) }],
    [0x0111, { name: 'VELECEF', bytesMin: 20, of: v => ({ towMs: v.getUint32(0, true) }) }],
    [0x0112, { name: 'VELNED', bytesMin: 36, of: v => velNed(v) }],
    [0x0114, { name: 'HPPOSLLH', bytesMin: 36, of: v => hpPosLlh(v) }],
    [0x0117, { name: 'PVAT', bytesMin: 104, of: v => pvat(v) }],
    [0x0120, { name: 'TIMEGPS', bytesMin: 16, of: v => this.#timeGps(v) }],
    [0x0121, { name: 'TIMEUTC', bytesMin: 20, of: v => timeUtc(v) }],
    [0x0130, { name: 'SVINFO', bytesMin: 8, of: v => svInfo(v) }],
    [0x0132, { name: 'SBAS', bytesMin: 12, of: v => ({ towMs: v.getUint32(0, true) }) }],
    [0x0135, { name: 'SAT', bytesMin: 8, of: v => sat(v) }],
    [0x0143, { name: 'SIG', bytesMin: 8, of: v => sig(v) }],
    [0x0161, { name: 'EOE', bytesMin: 4, of: v => ({ towMs: v.getUint32(0, true) }) }],
    [0x2800, { name: 'HNR-PVT', bytesMin: 72, of: v => highRate(v) }],
    [0x0a09, { name: 'HW', bytesMin: 56, of: v => monHw(v) }],
    [0x0a38, { name: 'RF', bytesMin: 4, of: v => monRf(v) }],
  ])

  /** The fraction is -500,000 to 500,000 ns around the rounded millisecond of the time of week. */
  #utcMs(v: DataView): number {
    const gpsMs =
      v.getUint16(8, true) * WEEK_MS + v.getUint32(0, true) + Math.round(v.getInt32(4, true) / 1e6)
    return GPS_EPOCH_UTC_MS + gpsMs - this.#leapSeconds * 1000
  }

  #timeGps(v: DataView): Body {
    const valid = v.getUint8(11)
    if ((valid & 4) !== 0) this.#leapSeconds = v.getInt8(10)
    return { towMs: v.getUint32(0, true), utcMs: (valid & 3) === 3 ? this.#utcMs(v) : undefined }
  }

  #sol(v: DataView): Body {
    const flags = v.getUint8(11)
    const fix = (flags & 1) === 0 ? 0 : v.getUint8(10)
    const ecef = ecefAt(v, 12)
    const place = placeOfEcef(ecef)
    return {
      towMs: v.getUint32(0, true),
      utcMs: (flags & 0x0c) === 0x0c ? this.#utcMs(v) : undefined,
      ...modeOf(fix),
      hasDop: v.getUint16(44, true) < 9999,
      ...(place === undefined ? {} : { ...derived(place), ...velocityOfEcef(place, ecefAt(v, 28)) }),
      // Receivers of that time do not end their epochs alike.
      ends: true,
    }
  }
}

/** gnssFix: 2 flat, 3 full, 4 full with reckoning, 1 reckoned alone, 5 time only from a place it was told. */
const modeOf = (fix: number): Pick<Body, 'mode' | 'estimated' | 'isFixedPlace'> => ({
  mode: fix >= 3 && fix <= 5 ? 3 : fix === 1 || fix === 2 ? 2 : 1,
  ...(fix === 1 ? { estimated: true } : {}),
  ...(fix === 5 ? { isFixedPlace: true } : {}),
})

const ecefAt = (v: DataView, at: number): readonly [number, number, number] => [
  v.getInt32(at, true) / 100,
  v.getInt32(at + 4, true) / 100,
  v.getInt32(at + 8, true) / 100,
]

const derived = ({ lat, lon, heightM }: Place & { readonly heightM: number }): Body => ({
  place: { lat, lon },
  altHaeM: heightM,
  isDerived: true,
})

/** What lies outside, or at 0N 0E, is a receiver before its first fix. */
const placeOf = (lat: number, lon: number): Place | undefined =>
  Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (lat !== 0 || lon !== 0) ? { lat, lon } : undefined

const bearing = (deg: number): number | undefined => (deg >= 0 && deg <= 360 ? deg : undefined)

/** Year, month, day, hour, minute, second from `at` on. */
const calendarAt = (v: DataView, at: number, nanos: number): number =>
  Date.UTC(
    v.getUint16(at, true),
    v.getUint8(at + 2) - 1,
    v.getUint8(at + 3),
    v.getUint8(at + 4),
    v.getUint8(at + 5),
    v.getUint8(at + 6),
  ) + Math.round(nanos / 1e6)

const pvt = (v: DataView): Body => {
  const isOk = (v.getUint8(21) & 1) !== 0
  const speedMps = v.getInt32(60, true) / 1000
  return {
    towMs: v.getUint32(0, true),
    utcMs: (v.getUint8(11) & 3) === 3 ? calendarAt(v, 4, v.getInt32(16, true)) : undefined,
    ...modeOf(isOk ? v.getUint8(20) : 0),
    place: placeOf(v.getInt32(28, true) / 1e7, v.getInt32(24, true) / 1e7),
    altHaeM: v.getInt32(32, true) / 1000,
    altMslM: v.getInt32(36, true) / 1000,
    accuracyM: v.getUint32(40, true) / 1000,
    speedMps: speedMps >= 0 ? speedMps : undefined,
    trackDeg: bearing(v.getInt32(64, true) / 1e5),
  }
}

/** PVT's fields in other places; of the attitude nothing is needed. Version 0 is the only one there is. */
const pvat = (v: DataView): Body => {
  const isOk = v.getUint8(4) === 0 && (v.getUint8(25) & 1) !== 0
  const speedMps = v.getInt32(64, true) / 1000
  return {
    towMs: v.getUint32(0, true),
    utcMs: (v.getUint8(5) & 3) === 3 ? calendarAt(v, 6, v.getInt32(20, true)) : undefined,
    ...modeOf(isOk ? v.getUint8(24) : 0),
    place: placeOf(v.getInt32(32, true) / 1e7, v.getInt32(28, true) / 1e7),
    altHaeM: v.getInt32(36, true) / 1000,
    altMslM: v.getInt32(40, true) / 1000,
    accuracyM: v.getUint32(44, true) / 1000,
    speedMps: speedMps >= 0 ? speedMps : undefined,
    trackDeg: bearing(v.getInt32(84, true) / 1e5),
  }
}

/** Between the epochs of the satellites, from the car's own sensors: each is a fix by itself. */
const highRate = (v: DataView): Body => {
  const isOk = (v.getUint8(17) & 1) !== 0
  return {
    utcMs: (v.getUint8(11) & 3) === 3 ? calendarAt(v, 4, v.getInt32(12, true)) : undefined,
    ...modeOf(isOk ? v.getUint8(16) : 0),
    place: placeOf(v.getInt32(24, true) / 1e7, v.getInt32(20, true) / 1e7),
    altHaeM: v.getInt32(28, true) / 1000,
    altMslM: v.getInt32(32, true) / 1000,
    speedMps: Math.abs(v.getInt32(36, true)) / 1000,
    trackDeg: bearing(v.getInt32(44, true) / 1e5),
    accuracyM: v.getUint32(52, true) / 1000,
    ends: true,
  }
}

const posEcef = (v: DataView): Body => {
  const place = placeOfEcef(ecefAt(v, 4))
  return { towMs: v.getUint32(0, true), ...(place === undefined ? {} : derived(place)) }
}

const posLlh = (v: DataView): Body => ({
  towMs: v.getUint32(0, true),
  place: placeOf(v.getInt32(8, true) / 1e7, v.getInt32(4, true) / 1e7),
  altHaeM: v.getInt32(12, true) / 1000,
  altMslM: v.getInt32(16, true) / 1000,
  accuracyM: v.getUint32(20, true) / 1000,
})

/** High precision: each value has a second part of a hundredth of the first. */
const hpPosLlh = (v: DataView): Body => ({
  towMs: v.getUint32(4, true),
  place: placeOf(
    v.getInt32(12, true) / 1e7 + v.getInt8(25) / 1e9,
    v.getInt32(8, true) / 1e7 + v.getInt8(24) / 1e9,
  ),
  altHaeM: v.getInt32(16, true) / 1e3 + v.getInt8(26) / 1e5,
  altMslM: v.getInt32(20, true) / 1e3 + v.getInt8(27) / 1e5,
  accuracyM: v.getUint32(28, true) / 1e4,
})

/** Bits 3 and 4 of the second flags: 2 and 3 mean that the signals do not look like the sky's. */
const status = (v: DataView): Body => {
  const spoofing = (v.getUint8(7) >> 3) & 3
  return {
    towMs: v.getUint32(0, true),
    ...modeOf((v.getUint8(5) & 1) !== 0 ? v.getUint8(4) : 0),
    spoofing: spoofing === 0 ? undefined : spoofing >= 2,
  }
}

const velNed = (v: DataView): Body => {
  const [north, east] = [v.getInt32(4, true) / 100, v.getInt32(8, true) / 100]
  return {
    towMs: v.getUint32(0, true),
    speedMps: Math.hypot(north, east),
    trackDeg: ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360,
    isDerived: true,
  }
}

const timeUtc = (v: DataView): Body => ({
  towMs: v.getUint32(0, true),
  utcMs: (v.getUint8(19) & 4) !== 0 ? calendarAt(v, 12, v.getInt32(8, true)) : undefined,
})

const dop = (v: DataView): Body => {
  const hdop = v.getUint16(12, true)
  return {
    towMs: v.getUint32(0, true),
    hasDop: [4, 6, 8, 10, 12].some(at => v.getUint16(at, true) < 9999),
    ...(hdop < 9999 ? { hdop: hdop / 100 } : {}),
  }
}
