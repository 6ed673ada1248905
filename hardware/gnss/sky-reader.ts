import { satelliteOfSystem } from '#protocols/nmea/ubx-satellites.ts'
import { constellationIn, satelliteOf } from '#protocols/nmea/constellation.ts'
import type { Constellation } from '#protocols/nmea/constellation.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'

/*
 * Satellites one by one, for a person who looks for a place for the antenna. A fix carries only their counts.
 *
 *     $GPGSV,3,1,11,03,45,111,41,04,15,270,,06,…*hh       4.10 adds a signal ID at the end
 *            │ │  │  └ number elevation azimuth C/N0 in dB-Hz; an empty C/N0 is not heard
 *            of at seen
 *     $GNGSA,A,3,03,04,…,1.5,0.9,1.2,1*hh                 which are used; the last field names the system
 *
 *     UBX-NAV-SAT (01 35), from byte 8 on rows of twelve: system, number, C/N0, elevation, azimuth (2), residual (2),
 *                flags (4, bit 3: used)                   a receiver in binary mode
 */

export type SeenSatellite = {
  readonly constellation: Constellation
  /** In its own system: GLONASS 6, not 70. */
  readonly number: number
  readonly elevationDeg: number | null
  readonly azimuthDeg: number | null
  /** dB-Hz, the best of its signals; null when it is only expected there. */
  readonly cn0Dbhz: number | null
  readonly used: boolean
}

/** Talkers times signals of the largest receivers are about 20. */
const GROUPS_MAX = 48
/** Fields of a GSA before and after its twelve satellites. */
const GSA_FIRST = 3
const GSA_PLACES = 12

/** Bytes in, the sky as it was last told. */
export type SkyEars = { feed(bytes: Uint8Array): void; sky(): readonly SeenSatellite[] }

/** A receiver on a line: sentences, UBX, or both in turn. */
export class SkyReader {
  readonly #scanner = new Scanner()
  readonly #complete = new Map<string, readonly Told[]>()
  readonly #building = new Map<string, Told[]>()
  readonly #used = new Map<string, ReadonlySet<number>>()
  /** As NAV-SAT told it, until sentences tell it anew. */
  #binary: readonly (Told & { readonly used: boolean })[] | null = null

  feed(bytes: Uint8Array): void {
    for (const event of this.#scanner.feed(bytes)) {
      if (event.kind === 'frame') this.#takeFrame(event.family, event.bytes)
      if (event.kind !== 'sentence') continue
      const fields = event.text.slice(1, event.text.lastIndexOf('*')).split(',')
      if (/^[A-Z]{2}GSV$/.test(fields[0]!)) this.#takeGsv(fields)
      if (/^[A-Z]{2}GSA$/.test(fields[0]!)) this.#takeGsa(fields)
    }
  }

  /** Every satellite once, the best heard first. */
  sky(): readonly SeenSatellite[] {
    if (this.#binary !== null) return bestFirst(this.#binary)
    const used = new Set([...this.#used.values()].flatMap(ids => [...ids]))
    const best = new Map<number, SeenSatellite>()
    for (const { id, ...told } of [...this.#complete.values()].flat())
      if ((best.get(id)?.cn0Dbhz ?? -1) < (told.cn0Dbhz ?? 0)) best.set(id, { ...told, used: used.has(id) })
    return bestFirst([...best.values()])
  }

  #takeFrame(family: string, frame: Uint8Array): void {
    if (family !== 'ubx' || frame[2] !== 0x01 || frame[3] !== 0x35 || frame.length < 16) return
    const v = new DataView(frame.buffer, frame.byteOffset + 6, frame.length - 8)
    const count = Math.min(v.getUint8(5), Math.floor((v.byteLength - 8) / 12))
    this.#binary = Array.from({ length: count }, (_, i) => 8 + 12 * i).flatMap(at => {
      const [system, number, cn0] = [v.getUint8(at), v.getUint8(at + 1), v.getUint8(at + 2)]
      // Its elevation is -91 where it is not known.
      const elevationDeg = v.getInt8(at + 3)
      const known = Math.abs(elevationDeg) <= 90
      const told = toldAs(system, number, {
        elevationDeg: known ? elevationDeg : null,
        azimuthDeg: known ? v.getInt16(at + 4, true) : null,
        cn0Dbhz: cn0 === 0 ? null : cn0,
      })
      return told ? [{ ...told, used: (v.getUint32(at + 8, true) & 8) !== 0 }] : []
    })
  }

  #takeGsv(fields: readonly string[]): void {
    const [address = '', of = '', at = ''] = fields
    const quads = fields.slice(4)
    const signal = quads.length % 4 === 1 ? quads.at(-1) : ''
    const key = `${address} ${signal}`
    if (!this.#building.has(key) && this.#building.size >= GROUPS_MAX) return
    const told = at === '1' ? [] : (this.#building.get(key) ?? [])
    for (let i = 0; i + 4 <= quads.length && told.length < 64; i += 4) {
      const satellite = toldOf(address.slice(0, 2), quads.slice(i, i + 4))
      if (satellite) told.push(satellite)
    }
    this.#building.set(key, told)
    if (at !== of) return
    this.#complete.set(key, [...told])
    this.#binary = null
  }

  #takeGsa(fields: readonly string[]): void {
    const talker = fields[0]!.slice(0, 2)
    const last = GSA_FIRST + GSA_PLACES + 3
    const systemId = fields[last] === undefined ? undefined : Number.parseInt(fields[last], 16)
    const numbers = fields.slice(GSA_FIRST, GSA_FIRST + GSA_PLACES).flatMap(numberOf)
    const ids = numbers.flatMap(number => satelliteOf(talker, number, systemId) ?? [])
    const key = `${talker} ${systemId ?? (ids[0] === undefined ? '' : constellationIn(ids[0]))}`
    if (this.#used.has(key) || this.#used.size < GROUPS_MAX) this.#used.set(key, new Set(ids))
  }
}

type Told = Omit<SeenSatellite, 'used'> & { readonly id: number }
type Seen = Pick<SeenSatellite, 'elevationDeg' | 'azimuthDeg' | 'cn0Dbhz'>

/** A satellite by u-blox's number of its system; undefined where there is none. */
export function toldAs(system: number, number: number, seen: Seen): Told | undefined {
  const id = satelliteOfSystem(system, number)
  return id === undefined ? undefined : { id, constellation: constellationIn(id), number: id & 255, ...seen }
}

export const bestFirst = (
  sky: readonly (SeenSatellite & { readonly id?: number })[],
): readonly SeenSatellite[] =>
  sky
    .map(({ id: _id, ...satellite }) => satellite)
    .sort((a, b) => (b.cn0Dbhz ?? -1) - (a.cn0Dbhz ?? -1) || a.number - b.number)

function toldOf(talker: string, [number, elevation, azimuth, cn0]: readonly string[]): Told | undefined {
  const [known] = numberOf(number)
  const id = known === undefined ? undefined : satelliteOf(talker, known)
  if (id === undefined) return undefined
  return {
    id,
    constellation: constellationIn(id),
    number: id & 255,
    elevationDeg: numberOf(elevation)[0] ?? null,
    azimuthDeg: numberOf(azimuth)[0] ?? null,
    cn0Dbhz: numberOf(cn0)[0] ?? null,
  }
}

/** None for an empty field, or for one that is no number. */
const numberOf = (field: string | undefined): number[] =>
  field !== undefined && /^\d{1,3}(\.\d+)?$/.test(field) ? [Number(field)] : []
