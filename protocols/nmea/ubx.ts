import type { Result } from '../result.ts'
import { fault, ok } from '../result.ts'
import type { Constellation } from './constellation.ts'
import type { Place } from './fields.ts'

/*
 * u-blox receivers are often left in binary mode. Of a navigation epoch we read (u-blox M8 receiver description,
 * "UBX-NAV"; all little-endian; class 01):
 *
 *   07 PVT      time, fix, place, height, speed, heading in one
 *   04 DOP      hdop        30 SVINFO, 35 SAT   satellites
 *
 * SOL (06) of older receivers is not read: its height is earth-centred, and without a model of the geoid a fix would
 * carry no height above the sea, where gpsd tells one.
 */
export type UbxReading = {
  readonly type: 'UBX'
  readonly message: string
  /** Milliseconds of the UTC day, absent until the receiver has resolved UTC. */
  readonly timeMs?: number
  readonly utcMs?: number
  readonly mode?: 1 | 2 | 3
  readonly place?: Place
  readonly speedMps?: number
  readonly trackDeg?: number
  readonly altMslM?: number
  readonly hdop?: number
  readonly satsUsed?: number
  readonly satellites?: readonly {
    readonly constellation: Constellation
    readonly number: number
    readonly used: boolean
  }[]
}

const DAY_MS = 86_400_000

const READERS = new Map<
  number,
  { name: string; bytesMin: number; of: (v: DataView) => Omit<UbxReading, 'type' | 'message'> }
>([
  [0x0104, { name: 'DOP', bytesMin: 18, of: v => ({ hdop: v.getUint16(12, true) / 100 }) }],
  [0x0107, { name: 'PVT', bytesMin: 78, of: v => pvt(v) }],
  [0x0130, { name: 'SVINFO', bytesMin: 8, of: v => svInfo(v) }],
  [0x0135, { name: 'SAT', bytesMin: 8, of: v => sat(v) }],
])

/** From a whole frame whose sum was right. Faults: `UBX_UNREAD` for other messages, `UBX_SHORT`. */
export function readUbx(frame: Uint8Array): Result<UbxReading> {
  const message = ((frame[2] as number) << 8) | (frame[3] as number)
  const read = READERS.get(message)
  if (read === undefined) return fault('UBX_UNREAD', message.toString(16).padStart(4, '0'))
  const body = frame.subarray(6, frame.length - 2)
  if (body.length < read.bytesMin) return fault('UBX_SHORT', `${read.name} ${body.length}`)
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  return ok({ type: 'UBX', message: read.name, ...read.of(view) })
}

/**
 * gnssFix of PVT: 2 is 2D, 3 is 3D, 4 GNSS with dead reckoning, 1 reckoned. 5 is "time only": a receiver on a
 * mast that was told its place and no longer looks for it. In a car that is not a position.
 */
const modeOf = (fix: number): 1 | 2 | 3 => (fix === 3 || fix === 4 ? 3 : fix === 1 || fix === 2 ? 2 : 1)

const timesOf = (utcMs: number | undefined): { timeMs?: number; utcMs?: number } =>
  utcMs === undefined ? {} : { timeMs: ((utcMs % DAY_MS) + DAY_MS) % DAY_MS, utcMs }

const pvt = (v: DataView): Omit<UbxReading, 'type' | 'message'> => {
  const valid = v.getUint8(11)
  const fixOk = (v.getUint8(21) & 1) !== 0
  const mode = fixOk ? modeOf(v.getUint8(20)) : 1
  const [hour, minute, second] = [v.getUint8(8), v.getUint8(9), v.getUint8(10)]
  const utcMs =
    (valid & 3) === 3
      ? Date.UTC(v.getUint16(4, true), v.getUint8(6) - 1, v.getUint8(7), hour, minute, second) +
        Math.round(v.getInt32(16, true) / 1e6)
      : undefined
  const place = { lon: v.getInt32(24, true) / 1e7, lat: v.getInt32(28, true) / 1e7 }
  const usable =
    mode >= 2 &&
    Math.abs(place.lat) <= 90 &&
    Math.abs(place.lon) <= 180 &&
    (place.lat !== 0 || place.lon !== 0)
  const speedMps = v.getInt32(60, true) / 1000
  const trackDeg = v.getInt32(64, true) / 1e5
  return {
    ...timesOf(utcMs),
    mode: usable ? mode : 1,
    satsUsed: v.getUint8(23),
    ...(usable ? { place } : {}),
    ...(usable && speedMps >= 0 ? { speedMps } : {}),
    ...(usable && trackDeg >= 0 && trackDeg <= 360 ? { trackDeg } : {}),
    ...(usable && mode === 3 ? { altMslM: v.getInt32(36, true) / 1000 } : {}),
  }
}

const ubxSystems: readonly (Constellation | undefined)[] = [
  'gps',
  'sbas',
  'galileo',
  'beidou',
  undefined,
  'qzss',
  'glonass',
  'navic',
]

const sat = (v: DataView): Omit<UbxReading, 'type' | 'message'> => {
  const count = Math.min(v.getUint8(5), Math.floor((v.byteLength - 8) / 12))
  const rows = Array.from({ length: count }, (_, i) => 8 + 12 * i)
  return {
    satellites: rows.flatMap(at => {
      const constellation = ubxSystems[v.getUint8(at)]
      return constellation === undefined
        ? []
        : [{ constellation, number: v.getUint8(at + 1), used: (v.getUint32(at + 8, true) & 8) !== 0 }]
    }),
  }
}

/** Numbers of the older report run over all systems (u-blox M8, appendix A). */
const oldNumbering: readonly (readonly [from: number, to: number, Constellation, first: number])[] = [
  [1, 32, 'gps', 1],
  [33, 64, 'beidou', 6],
  [65, 96, 'glonass', 1],
  [120, 158, 'sbas', 120],
  [159, 163, 'beidou', 1],
  [193, 202, 'qzss', 1],
  [211, 246, 'galileo', 1],
]

const svInfo = (v: DataView): Omit<UbxReading, 'type' | 'message'> => {
  const count = Math.min(v.getUint8(4), Math.floor((v.byteLength - 8) / 12))
  return {
    satellites: Array.from({ length: count }, (_, i) => 8 + 12 * i).flatMap(at => {
      const id = v.getUint8(at + 1)
      const row = oldNumbering.find(([from, to]) => id >= from && id <= to)
      return row === undefined
        ? []
        : [{ constellation: row[2], number: id - row[0] + row[3], used: (v.getUint8(at + 2) & 1) !== 0 }]
    }),
  }
}
