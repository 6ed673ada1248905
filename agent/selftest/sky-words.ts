import type { SeenSatellite } from '#hardware/gnss/sky-reader.ts'
import type { TechnicianView } from '#protocols/technician.ts'

/** One sign a satellite: low is weak; a dot is one that is expected there and not heard. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
/** dB-Hz: below 15 nobody tracks, above 50 nobody hears. */
const CN0_LOW = 15
const CN0_HIGH = 50
const NAMES: Readonly<Record<string, string>> = {
  ...{ gps: 'GPS', beidou: 'BeiDou', glonass: 'GLONASS', galileo: 'Galileo' },
  ...{ qzss: 'QZSS', sbas: 'SBAS', navic: 'NavIC' },
}
/** Out of a hall with an antenna as it should be, the best are above this. */
const CN0_GOOD = 35
const STATES = {
  fix: 'fixed',
  no_fix: 'no fix yet',
  silent: 'receiver silent',
  no_device: 'port is gone',
} as const

/**
 * The sky as it is heard now, for a person who holds the antenna:
 *
 *     signal   fixed in 3 dimensions, HDOP 0.8, 14 of 20 satellites used
 *              BeiDou   8/11  ██▇▇▆▅▅▃▂··   best 46 dB-Hz
 *              GPS      6/9   ▇▇▆▅▅▃▂··     best 43 dB-Hz
 */
export function skyWords({ signal }: TechnicianView, sky: readonly SeenSatellite[]): readonly string[] {
  const { sample } = signal
  const state = signal.gnss === 'fix' ? `fixed in ${sample?.mode ?? 2} dimensions` : STATES[signal.gnss]
  const hdop = sample === null || sample.hdop === null ? '' : `, HDOP ${sample.hdop.toFixed(1)}`
  const used = sky.filter(satellite => satellite.used).length
  const counts = sky.length === 0 ? '' : `, ${used} of ${sky.length} satellites used`
  return [`signal   ${state}${hdop}${counts}`, ...systemsOf(sky).map(rowOf), ...hintOf(signal.gnss, sky)]
}

const systemsOf = (sky: readonly SeenSatellite[]): readonly (readonly SeenSatellite[])[] =>
  Object.keys(NAMES)
    .map(name => sky.filter(satellite => satellite.constellation === name))
    .filter(system => system.length > 0)
    .sort((a, b) => usedOf(b) - usedOf(a))

const usedOf = (system: readonly SeenSatellite[]): number => system.filter(s => s.used).length

function rowOf(system: readonly SeenSatellite[]): string {
  const name = NAMES[system[0]!.constellation]!.padEnd(8)
  const count = `${usedOf(system)}/${system.length}`.padEnd(6)
  const bars = system.map(({ cn0Dbhz }) => barOf(cn0Dbhz)).join('')
  const best = system[0]!.cn0Dbhz
  return `         ${name} ${count} ${bars.padEnd(20)} ${best === null ? 'nothing heard' : `best ${best} dB-Hz`}`
}

const barOf = (cn0: number | null): string => {
  if (cn0 === null) return '·'
  const level = Math.floor(((cn0 - CN0_LOW) / (CN0_HIGH - CN0_LOW)) * BARS.length)
  return BARS[Math.max(0, Math.min(BARS.length - 1, level))]!
}

/** What to do about it, while there is still time. */
function hintOf(state: TechnicianView['signal']['gnss'], sky: readonly SeenSatellite[]): readonly string[] {
  if (state === 'fix' || state === 'no_device') return []
  const heard = sky.filter(({ cn0Dbhz }) => cn0Dbhz !== null)
  if (state === 'silent') return ['         Nothing comes from the receiver: check its power and its plug.']
  if (heard.length === 0)
    return ['         No satellite is heard: antenna plug, or a roof above. Go outside.']
  if ((heard[0]!.cn0Dbhz ?? 0) < CN0_GOOD)
    return ['         All satellites are weak: glass, metal or a roof above the antenna. Move it.']
  return ['         Satellites are heard: a cold receiver needs about half a minute.']
}
