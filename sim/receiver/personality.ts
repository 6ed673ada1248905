/** Sentences a simulated receiver can write; a cycle is a list of them. */
export type SentenceName = 'RMC' | 'GGA' | 'GNS' | 'GLL' | 'GSA' | 'GSV' | 'VTG' | 'ZDA' | 'GST' | 'DTM'

/** One constellation in the mouth of one receiver. */
export type Constellation = {
  readonly system: 'gps' | 'beidou' | 'glonass' | 'galileo'
  /** The two letters before its GSV. */
  readonly talker: 'GP' | 'GB' | 'BD' | 'GL' | 'GA'
  /** Last field of its GSA and of its GSV; absent before NMEA 4.1. */
  readonly systemId?: number
  readonly signalId?: string
}

/**
 * How one make of receiver talks: all in which two of them differ while the car is in the same place. A new receiver is a
 * row here and a recording of it.
 */
export type Personality = {
  /** The public capture of gpsd's collection this row was read off; the test holds them against each other. */
  readonly from?: string
  /** Of the sentences that tell position. */
  readonly talker: 'GP' | 'GN' | 'BD'
  readonly constellations: readonly Constellation[]
  readonly order: readonly SentenceName[]
  /** Mode letters came with 2.3, the navigational status of RMC with 4.1. */
  readonly nmea: '2.1' | '2.3' | '4.1'
  readonly rateHz: number
  /** Decimals of the minutes of a coordinate: 4 is 19 cm, 5 is 2 cm. */
  readonly minuteDecimals: number
  readonly timeDecimals: 0 | 2 | 3
  /** How far after the full second its epochs lie. */
  readonly phaseMs?: number
  /** GGA and GLL tell a time this much later than RMC: one epoch with two times. */
  readonly lateMs?: number
  /** Satellites in view are told only every so many epochs. */
  readonly gsvEvery?: number
  /** The course while the car stands: left empty, or the last one told on. */
  readonly course: 'empty' | 'held'
  /** The place while there is no fix: left empty, or the last one told on as invalid. */
  readonly unfixed: 'empty' | 'last'
  readonly baud: number
}

const GPS = { system: 'gps', talker: 'GP' } as const
const GLONASS = { system: 'glonass', talker: 'GL' } as const
const GALILEO = { system: 'galileo', talker: 'GA' } as const

/** What a personality does unless its row says otherwise: a module of today. */
const today = {
  talker: 'GN',
  nmea: '4.1',
  rateHz: 1,
  minuteDecimals: 5,
  timeDecimals: 2,
  course: 'empty',
  unfixed: 'empty',
  baud: 9600,
} as const

export const PERSONALITIES = {
  /** Of no make: the receiver of a simulated fleet, BeiDou included, short enough for 9600 baud. */
  fleet: {
    ...today,
    constellations: [
      { ...GPS, systemId: 1, signalId: '1' },
      { system: 'beidou', talker: 'GB', systemId: 4, signalId: '1' },
      { ...GLONASS, systemId: 2, signalId: '1' },
    ],
    order: ['RMC', 'GGA', 'GSA', 'GSV'],
  },
  'quectel-l76k': {
    ...today,
    from: 'quectel-l76k-nmea',
    constellations: [
      { ...GPS, systemId: 1, signalId: '0' },
      { system: 'beidou', talker: 'BD', systemId: 4, signalId: '0' },
      { ...GLONASS, systemId: 2, signalId: '0' },
    ],
    order: ['RMC', 'VTG', 'ZDA', 'GGA', 'GLL', 'GSA', 'GSV'],
    timeDecimals: 3,
    rateHz: 5,
    lateMs: 200,
    course: 'held',
    baud: 115_200,
  },
  'ublox-m9n': {
    ...today,
    from: 'ublox-neo-m9n-nmea',
    constellations: [
      { ...GPS, systemId: 1, signalId: '1' },
      { ...GLONASS, systemId: 2, signalId: '1' },
      { ...GALILEO, systemId: 3, signalId: '7' },
      { system: 'beidou', talker: 'GB', systemId: 4, signalId: '1' },
    ],
    order: ['RMC', 'VTG', 'GGA', 'GSA', 'GSV', 'GLL', 'GST', 'ZDA'],
    baud: 38_400,
  },
  'ublox-8': {
    ...today,
    from: 'ublox-8',
    constellations: [GPS, GLONASS],
    order: ['RMC', 'VTG', 'GGA', 'GSA', 'GSV', 'GLL', 'ZDA'],
    nmea: '2.3',
  },
  'mtk-3339': {
    ...today,
    from: 'mt3339',
    talker: 'GP',
    constellations: [GPS],
    order: ['GGA', 'GSA', 'GSV', 'RMC', 'ZDA'],
    nmea: '2.3',
    minuteDecimals: 4,
    timeDecimals: 3,
    gsvEvery: 5,
    course: 'held',
  },
  'sirf-2': {
    ...today,
    from: 'holux-gm-210',
    talker: 'GP',
    constellations: [GPS],
    order: ['GGA', 'GSA', 'GSV', 'RMC'],
    nmea: '2.1',
    minuteDecimals: 4,
    timeDecimals: 3,
    phaseMs: 563,
    gsvEvery: 5,
    unfixed: 'last',
    baud: 4800,
  },
  'garmin-15x': {
    ...today,
    from: 'garmin15x',
    talker: 'GP',
    constellations: [GPS],
    order: ['RMC', 'GGA', 'GSA', 'GSV'],
    nmea: '2.1',
    minuteDecimals: 4,
    timeDecimals: 0,
    course: 'held',
    baud: 4800,
  },
  'bt-451': {
    ...today,
    from: 'bt451',
    talker: 'GP',
    constellations: [GPS],
    order: ['RMC', 'VTG', 'GGA', 'GSA', 'GSV', 'GLL', 'ZDA'],
    nmea: '2.3',
    rateHz: 2,
    baud: 38_400,
  },
  'navilock-402u': {
    ...today,
    from: 'nl402u',
    talker: 'GP',
    constellations: [GPS],
    order: ['RMC', 'VTG', 'GGA', 'GSA', 'GSV', 'GLL'],
    nmea: '2.3',
    minuteDecimals: 4,
    timeDecimals: 3,
    course: 'held',
  },
  'rtk-10hz': {
    ...today,
    from: 'nmea-rtk',
    talker: 'GP',
    constellations: [GPS],
    order: ['GGA', 'RMC'],
    nmea: '2.3',
    rateHz: 10,
    minuteDecimals: 8,
    course: 'held',
    baud: 115_200,
  },
} as const satisfies Readonly<Record<string, Personality>>

export type PersonalityName = keyof typeof PERSONALITIES
