/*
 * What a voltage says of a lead-acid battery. Everything is told for six cells (12 V); a 24 V system is two of them in row.
 *
 *     engine runs     an alternator regulates to 13.5-14.7 V, a battery alone never stays above 13.2 V
 *     at rest, 25 °C  12.65 V full, 12.45 V 75 %, 12.24 V 50 %, 12.06 V 25 %, 11.89 V empty (the flooded-cell table that
 *                     battery makers print; a gel or AGM battery lies about 0.1 V higher, a cold one shows the same volts
 *                     and gives less)
 *     cranking        a starter pulls a healthy battery to 7-9 V for a second, a cold one lower and longer (the shape is that
 *                     of ISO 16750-2, starting profile)
 */
export type SystemVolts = 12 | 24

/** Volts of one 12 V battery of the system. */
export const perBattery = (volts: number, system: SystemVolts): number => (system === 24 ? volts / 2 : volts)

const AT_REST: readonly (readonly [volts: number, charge: number])[] = [
  [11.89, 0],
  [12.06, 0.25],
  [12.24, 0.5],
  [12.45, 0.75],
  [12.65, 1],
]

/** State of charge 0..1 of a battery that has rested, straight lines between the table's points. */
export function chargeAtRest(volts: number, system: SystemVolts): number {
  const one = perBattery(volts, system)
  const above = AT_REST.findIndex(([v]) => one < v)
  if (above === 0) return 0
  if (above === -1) return 1
  const [[v0, c0], [v1, c1]] = [AT_REST[above - 1]!, AT_REST[above]!]
  return c0 + ((c1 - c0) * (one - v0)) / (v1 - v0)
}
