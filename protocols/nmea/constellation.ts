/** Names as the reports use them. A satellite is `beidou 19` whichever of its signals was heard. */
export type Constellation = 'gps' | 'glonass' | 'galileo' | 'beidou' | 'qzss' | 'navic' | 'sbas' | 'imes'

/** Two letters that open a sentence. GN means several systems: then the system ID or the number decides. */
const byTalker = new Map<string, Constellation>([
  ['GP', 'gps'],
  ['GL', 'glonass'],
  ['GA', 'galileo'],
  ['GB', 'beidou'],
  ['BD', 'beidou'],
  ['GQ', 'qzss'],
  ['QZ', 'qzss'],
  ['GI', 'navic'],
])

/** GNSS system ID of NMEA 4.10 and later, last field of GSA. */
const bySystemId = new Map<number, Constellation>([
  [1, 'gps'],
  [2, 'glonass'],
  [3, 'galileo'],
  [4, 'beidou'],
  [5, 'qzss'],
  [6, 'navic'],
])

type Range = readonly [from: number, to: number, Constellation, first: number]

/** Numbers that mean one system under any talker (NMEA 4.11 table 20 and what receivers do beside it). */
const byNumber: readonly Range[] = [
  [1, 32, 'gps', 1],
  [33, 64, 'sbas', 120],
  [65, 96, 'glonass', 1],
  [120, 158, 'sbas', 120],
  [173, 182, 'imes', 1],
  [193, 200, 'qzss', 1],
  [201, 263, 'beidou', 1],
  [301, 356, 'galileo', 1],
  [401, 463, 'beidou', 1],
  [500, 518, 'navic', 0],
  [901, 918, 'navic', 1],
]

/** Offsets that makers add to a system's own numbers inside its own sentences. */
const ownOffsets: Readonly<Record<Constellation, readonly number[]>> = {
  gps: [],
  glonass: [64],
  galileo: [300, 100],
  beidou: [400, 200],
  qzss: [192],
  navic: [900, 500],
  sbas: [],
  imes: [],
}

/** Systems in the order of their slot: a satellite is `slot << 8 | number`, so that sets of them are sets of integers. */
export const constellations: readonly Constellation[] = [
  'gps',
  'glonass',
  'galileo',
  'beidou',
  'qzss',
  'navic',
  'sbas',
  'imes',
]
const slots = new Map(constellations.map((name, slot) => [name, slot]))
/** No system numbers its satellites further than this. */
const OWN_NUMBER_MAX = 255

/** `satelliteId('beidou', 19)`; `constellationIn` gives the system back, `slotOf` its place in `constellations`. */
export const satelliteId = (constellation: Constellation, number: number): number =>
  ((slots.get(constellation) as number) << 8) | (number & OWN_NUMBER_MAX)

export const constellationIn = (satellite: number): Constellation =>
  constellations[satellite >> 8] as Constellation

export const slotOf = (satellite: number): number => satellite >> 8

/**
 * Which satellite a number means under a talker: `satelliteOf('GN', 19, 4)` is BeiDou's 19, `satelliteOf('GN', 70)` is
 * GLONASS' 6, `satelliteOf('GP', 46)` is SBAS 133, since GP counts WAAS and EGNOS as 33 to 64. Undefined for a number
 * that belongs to no system.
 */
export const satelliteOf = (talker: string, number: number, systemId?: number): number | undefined => {
  const told = byTalker.get(talker) ?? (systemId === undefined ? undefined : bySystemId.get(systemId))
  // GLONASS, Galileo and BeiDou count from 1 in their own sentences; the ranges apply to GPS sentences and to GN.
  if (told !== undefined && told !== 'gps') {
    const offset = ownOffsets[told].find(o => number > o && o > 0) ?? 0
    return satelliteId(told, number - offset)
  }
  for (const [from, to, constellation, first] of byNumber)
    if (number >= from && number <= to) return satelliteId(constellation, number - from + first)
  return undefined
}
