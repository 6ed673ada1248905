import type { AntennaState, JammingState } from '../receiver-health.ts'

/* What u-blox receivers know of their antenna's wire and of interference. */
type Monitor = { readonly antenna?: AntennaState | undefined; readonly jamming?: JammingState | undefined }

const antennas: readonly (AntennaState | undefined)[] = [undefined, undefined, 'ok', 'short', 'open']
const jammings: readonly (JammingState | undefined)[] = [undefined, 'ok', 'warning', 'critical']

/** MON-HW. */
export const monHw = (v: DataView): Monitor => ({
  antenna: antennas[v.getUint8(20)],
  jamming: jammings[(v.getUint8(22) >> 2) & 3],
})

const worst = <T>(order: readonly T[], values: readonly T[]): T | undefined =>
  order[Math.max(...values.map(value => order.indexOf(value)), 0)]

/** MON-RF. One block of 24 bytes per antenna path; the worst counts. */
export const monRf = (v: DataView): Monitor => {
  const blocks = Math.min(v.getUint8(1), Math.floor((v.byteLength - 4) / 24))
  const at = Array.from({ length: blocks }, (_, i) => 4 + 24 * i)
  return {
    antenna: worst(
      antennas,
      at.map(a => antennas[v.getUint8(a + 2)]),
    ),
    jamming: worst(
      jammings,
      at.map(a => jammings[v.getUint8(a + 1) & 3]),
    ),
  }
}
