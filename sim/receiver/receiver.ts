import { encodeGga, encodeGll, encodeGsa, encodeGsv, encodeRmc, encodeVtg } from '#protocols/nmea/encode.ts'
import { MPS_PER_KNOT } from '#protocols/nmea/sentence.ts'
import type { SkySatellite } from '#protocols/nmea/encode.ts'
import { SKY_SYSTEMS, skyOf } from './sky.ts'

/** Where the car really is at one moment. `fix` false: the antenna sees nothing. */
export type Truth = {
  readonly lat: number
  readonly lon: number
  readonly speedMps: number
  readonly trackDeg: number
  readonly altMslM?: number
  readonly utcMs: number
  readonly fix: boolean
}

/** How one make of receiver talks. The default is a three-system module of today. */
export type Personality = {
  readonly systems?: readonly ('GP' | 'GB' | 'GL')[]
  /** Decimals of the minutes of a coordinate: 4 is 19 cm, 5 is 2 cm. */
  readonly minuteDecimals?: number
  /** Satellites in view are told only every so often. */
  readonly gsvEverySeconds?: number
  /** Also GLL and VTG, which the older readers want. */
  readonly chatty?: boolean
}

export type SimulatedReceiver = {
  /** The bytes of one epoch, as one burst. */
  epoch(truth: Truth): Uint8Array
}

const DAY_MS = 86_400_000
/** Trackers use what stands well above the roofs. */
const USED_ABOVE_DEG = 15
const USED_PER_SYSTEM_MAX = 12
/** Receivers leave the course empty while the car stands: it would be noise. */
const COURSE_ABOVE_MPS = 0.3

/** A receiver that tells the truth: the same moment always gives the same bytes. */
export function simulatedReceiver(options: Personality = {}): SimulatedReceiver {
  const talkers = options.systems ?? ['GP', 'GB', 'GL']
  const gsvEverySeconds = options.gsvEverySeconds ?? 1
  return {
    epoch: told => {
      const truth = { ...told, utcMs: Math.floor(told.utcMs) }
      const skies = talkers.map(talker => skyOver(talker, truth))
      const withGsv = Math.floor(truth.utcMs / 1000) % gsvEverySeconds === 0
      const lines = [
        ...positionLines(truth, skies, options, talkers.length > 1 ? 'GN' : (talkers[0] ?? 'GP')),
        ...(withGsv ? skies.flatMap(sky => encodeGsv(sky.talker, sky.seen, '1')) : []),
      ]
      return new TextEncoder().encode(lines.join(''))
    },
  }
}

type Sky = {
  readonly talker: string
  readonly systemId: number
  readonly seen: readonly SkySatellite[]
  readonly used: readonly number[]
}

const skyOver = (talker: 'GP' | 'GB' | 'GL', truth: Truth): Sky => {
  const systems = SKY_SYSTEMS.filter(s => s.talker === talker)
  const above = systems.flatMap(s => skyOf(s, truth.utcMs))
  const used = truth.fix
    ? above.filter(s => s.elevationDeg >= USED_ABOVE_DEG).slice(0, USED_PER_SYSTEM_MAX)
    : []
  // Under a roof the almanac still says what should be there, but nothing is heard.
  const seen = truth.fix ? above : above.map(({ snrDb: _, ...rest }) => rest)
  return { talker, systemId: systems[0]?.systemId ?? 1, seen, used: used.map(s => s.number) }
}

const positionLines = (
  truth: Truth,
  skies: readonly Sky[],
  options: Personality,
  talker: string,
): readonly string[] => {
  const when = new Date(truth.utcMs)
  const timeMs = ((truth.utcMs % DAY_MS) + DAY_MS) % DAY_MS
  const date = { year: when.getUTCFullYear(), month: when.getUTCMonth() + 1, day: when.getUTCDate() }
  const satsUsed = skies.reduce((sum, sky) => sum + sky.used.length, 0)
  const place = truth.fix ? { place: { lat: truth.lat, lon: truth.lon } } : {}
  const hdop = truth.fix ? { hdop: hdopOf(satsUsed) } : {}
  const course =
    truth.fix && truth.speedMps >= COURSE_ABOVE_MPS ? { trackDeg: ((truth.trackDeg % 360) + 360) % 360 } : {}
  const motion = truth.fix ? { speedKn: truth.speedMps / MPS_PER_KNOT, ...course } : {}
  const altitude = truth.fix ? { altMslM: truth.altMslM ?? 40 } : {}
  const decimals = options.minuteDecimals ?? 5
  const head = { talker, timeMs }
  return [
    encodeRmc({ ...head, valid: truth.fix, date, ...place, ...motion }, decimals),
    ...(options.chatty === true ? [encodeVtg({ talker, valid: truth.fix, ...motion })] : []),
    encodeGga({ ...head, quality: truth.fix ? 1 : 0, satsUsed, ...place, ...hdop, ...altitude }, decimals),
    ...(options.chatty === true ? [encodeGll({ ...head, valid: truth.fix, ...place }, decimals)] : []),
    ...skies.map(sky =>
      encodeGsa({ talker, mode: truth.fix ? 3 : 1, satellites: sky.used, systemId: sky.systemId, ...hdop }),
    ),
  ]
}

/** More satellites, better geometry: 20 give about 0.7, 8 about 1.1. */
const hdopOf = (satsUsed: number): number => 0.4 + 6 / Math.max(satsUsed, 4)
