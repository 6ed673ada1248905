import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import { CLASS_SPEED_KPH } from '../roads/road-rules.ts'
import type { Profile, Profiles, Turnout } from './profile.ts'

const OSRM_CAR = 'OSRM profiles/car.lua (process_turn), BSD-2: fitted there to turns of real drivers'
const OSRM_OBSTACLES = 'OSRM profiles/lib/obstacles.lua, BSD-2'
const NOT_MEASURED = 'no public router charges for it: 0 until measured here'
const NO_INVENTION = 'no invented speed-up: 1 until a city states its own and where it comes from'

/** Obeys everything. */
export const PATROL: Profile = {
  name: 'patrol',
  moves: 'drive',
  speeds: {
    kph: { ...CLASS_SPEED_KPH },
    source:
      'in the range of public routers (OSRM car.lua, Valhalla), rounded down to what a town allows; to be replaced by measured patrols',
  },
  speedFactor: { value: 1, source: 'the limit is obeyed' },
  hours: [],
  turns: {
    mostSeconds: { value: 7.5, source: OSRM_CAR },
    bias: { value: 1.075, source: OSRM_CAR },
    driveOn: { value: 'right', source: 'law of the country' },
    straightShare: {
      value: 0.85,
      source:
        'of 0.5, 0.7 and 0.85 the one whose times came nearest to those of Valhalla on four extracts (reach5 prove agreement)',
    },
  },
  passing: {
    signal: { value: 2, source: `${OSRM_OBSTACLES}: traffic_signals, green or red` },
    stop: { value: 2, source: `${OSRM_OBSTACLES}: stop` },
    giveWay: { value: 1, source: `${OSRM_OBSTACLES}: give_way` },
    crossing: { value: 0, source: NOT_MEASURED },
    miniRoundabout: { value: 1, source: 'assumed: as giving way' },
    gate: { value: 30, source: 'Valhalla, gate_cost of its car' },
  },
  obeysTurnRestrictions: { value: true, source: 'a patrol obeys' },
  lastBlockContraflow: { value: false, source: 'a patrol obeys' },
}

/** Lights on. The same numbers until somebody answers for others. */
export const RESPONSE: Profile = {
  ...PATROL,
  name: 'response',
  speedFactor: { value: 1, source: NO_INVENTION },
  obeysTurnRestrictions: { value: true, source: 'off until a city allows it by order' },
  lastBlockContraflow: { value: false, source: 'off until a city allows it by order' },
}

const WALK_KPH = 5
const NOT_WALKED = ['motorway', 'motorway_link', 'trunk', 'trunk_link']
const none = (source: string) => ({ value: 0, source })

/** On foot, along the roads a car may use, either way: paths are not in the graph. */
export const FOOT: Profile = {
  name: 'foot',
  moves: 'walk',
  speeds: {
    kph: Object.fromEntries(ROAD_CLASSES.filter(c => !NOT_WALKED.includes(c)).map(c => [c, WALK_KPH])),
    source: 'OSRM profiles/foot.lua, walking_speed 5 km/h',
  },
  speedFactor: { value: 1, source: 'walking' },
  hours: [],
  turns: { ...PATROL.turns, mostSeconds: none('walking: a turn takes no time') },
  passing: {
    ...PATROL.passing,
    ...{
      signal: { value: 2, source: 'OSRM profiles/foot.lua, traffic_light_penalty' },
      stop: none('for cars'),
    },
    ...{ giveWay: none('for cars'), miniRoundabout: none('for cars'), gate: none('walked round or through') },
  },
  obeysTurnRestrictions: { value: false, source: 'for cars' },
  lastBlockContraflow: { value: false, source: 'walks either way anyhow' },
}

const DESIGN = 'DOMAIN 5, a design value to be replaced by measured turnouts'
export const TURNOUT: Turnout = {
  moving: { value: 0, source: DESIGN },
  stopped: { value: 10, source: DESIGN },
  standby: { value: 60, source: DESIGN },
}

export const BUILT_IN: Profiles = {
  byName: new Map([PATROL, RESPONSE, FOOT].map(profile => [profile.name, profile])),
  uses: { patrol: 'patrol', respond: 'response' },
  turnout: TURNOUT,
}
