import { satelliteId } from './constellation.ts'
import type { Constellation } from './constellation.ts'

/* The satellite lists of u-blox: a head of eight bytes, then rows of twelve or sixteen. */
const ubxSystems: readonly (Constellation | undefined)[] = [
  'gps',
  'sbas',
  'galileo',
  'beidou',
  'imes',
  'qzss',
  'glonass',
  'navic',
]
/** How many satellites each system numbers; 255 is a GLONASS satellite not yet identified. */
const NUMBER_MAX: Readonly<Record<Constellation, number>> = {
  gps: 32,
  sbas: 158,
  galileo: 36,
  beidou: 63,
  imes: 10,
  qzss: 10,
  glonass: 32,
  navic: 18,
}

/** One satellite, or in SIG one of its signals. */
export type SatelliteRow = { readonly satellite: number; readonly used: boolean; readonly snrDb: number }
type Rows = { readonly towMs: number; readonly rows: readonly SatelliteRow[] }

const rowsOf = (
  v: DataView,
  count: number,
  size: number,
  rowAt: (at: number) => SatelliteRow | undefined,
): SatelliteRow[] => {
  const rows: SatelliteRow[] = []
  const whole = Math.min(count, Math.floor((v.byteLength - 8) / size))
  for (let i = 0; i < whole; i++) {
    const row = rowAt(8 + size * i)
    if (row !== undefined) rows.push(row)
  }
  return rows
}

/** The id of satellite `number` of a system as u-blox and gpsd number them (0 GPS, 3 BeiDou); undefined for none. */
export const satelliteOfSystem = (system: number, number: number): number | undefined => {
  const name = ubxSystems[system]
  return name === undefined || number < 1 || number > NUMBER_MAX[name] ? undefined : satelliteId(name, number)
}

const rowOf = (system: number, number: number, used: boolean, snrDb: number): SatelliteRow | undefined => {
  const satellite = satelliteOfSystem(system, number)
  return satellite === undefined ? undefined : { satellite, used, snrDb }
}

/** NAV-SAT. */
export const sat = (v: DataView): Rows => ({
  towMs: v.getUint32(0, true),
  rows: rowsOf(v, v.getUint8(5), 12, at =>
    rowOf(v.getUint8(at), v.getUint8(at + 1), (v.getUint32(at + 8, true) & 8) !== 0, v.getUint8(at + 2)),
  ),
})

/** NAV-SIG. Quality 4 and more: code locked and in time. */
export const sig = (v: DataView): Rows => ({
  towMs: v.getUint32(0, true),
  rows: rowsOf(v, v.getUint8(5), 16, at =>
    rowOf(v.getUint8(at), v.getUint8(at + 1), v.getUint8(at + 7) >= 4, v.getUint8(at + 6)),
  ),
})

/** Numbers of the older report run over all systems (u-blox M8, appendix A). */
const oldNumbering: readonly (readonly [from: number, to: number, Constellation, first: number])[] = [
  [1, 32, 'gps', 1],
  [33, 64, 'beidou', 6],
  [65, 96, 'glonass', 1],
  [120, 158, 'sbas', 120],
  [159, 163, 'beidou', 1],
  [173, 182, 'imes', 1],
  [193, 202, 'qzss', 1],
  [211, 246, 'galileo', 1],
]

/** NAV-SVINFO. */
export const svInfo = (v: DataView): Rows => ({
  towMs: v.getUint32(0, true),
  rows: rowsOf(v, v.getUint8(4), 12, at => {
    const id = v.getUint8(at + 1)
    const row = oldNumbering.find(([from, to]) => id >= from && id <= to)
    if (row === undefined) return undefined
    const [from, , name, first] = row
    return rowOf(
      ubxSystems.indexOf(name),
      id - from + first,
      (v.getUint8(at + 2) & 1) !== 0,
      v.getUint8(at + 4),
    )
  }),
})
