/** Names as the reports use them. A satellite is `beidou 19` whichever of its signals was heard. */
export type Constellation = 'gps' | 'glonass' | 'galileo' | 'beidou' | 'qzss' | 'navic' | 'sbas'

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

/** Numbers that mean one system under any talker (NMEA 4.11 table 20 and what receivers do beside it). */
const byNumber: readonly (readonly [from: number, to: number, Constellation])[] = [
  [33, 64, 'sbas'],
  [65, 99, 'glonass'],
  [120, 158, 'sbas'],
  [193, 202, 'qzss'],
  [301, 336, 'galileo'],
  [401, 463, 'beidou'],
]

/**
 * Which system a satellite number belongs to. `constellationOf('GN', 19, 4)` is `beidou`; `constellationOf('GN', 70)`
 * is `glonass`; `constellationOf('GP', 46)` is `sbas`, since GP counts WAAS and EGNOS as 33 to 64.
 */
export const constellationOf = (talker: string, number: number, systemId?: number): Constellation => {
  const told = (systemId === undefined ? undefined : bySystemId.get(systemId)) ?? byTalker.get(talker)
  // GLONASS, Galileo and BeiDou count from 1 in their own sentences; the ranges apply to GPS sentences and to GN.
  if (told !== undefined && told !== 'gps') return told
  for (const [from, to, constellation] of byNumber) if (number >= from && number <= to) return constellation
  if (told === undefined && number >= 201 && number <= 263) return 'beidou'
  return 'gps'
}
