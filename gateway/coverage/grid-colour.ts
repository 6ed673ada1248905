import type { CoverageColour, CoverageReason } from '#protocols/coverage.ts'
import type { IncidentId } from '#protocols/ids.ts'

/** When a grid has which colour (DOMAIN 9.4: ours, to be calibrated, so every number is configuration). */
export type ColourRules = {
  readonly greenShareMin: number
  readonly blueShareMin: number
  readonly blackShareBelow: number
  /** Red is left only above this, so a share that trembles around the limit does not flicker. */
  readonly redLeaveShareMin: number
  /** Units that must reach the demand centre for green. */
  readonly centreUnitsMin: number
  /** Of the grid's demand, in cold spots. */
  readonly coldShareMax: number
  readonly staleShareMax: number
  readonly leaveBlueMs: number
  readonly leaveRedMs: number
  readonly leaveBlackMs: number
}

export const COLOUR_RULES: ColourRules = {
  greenShareMin: 0.95,
  blueShareMin: 0.8,
  blackShareBelow: 0.5,
  redLeaveShareMin: 0.85,
  centreUnitsMin: 2,
  coldShareMax: 0.05,
  staleShareMax: 0.2,
  leaveBlueMs: 60_000,
  leaveRedMs: 120_000,
  leaveBlackMs: 180_000,
}

/** What one refresh says about a grid. */
export type GridMeasured = {
  /** Of its road, within 300 s. */
  readonly share: number
  readonly centreUnits: number
  /** Of its demand, in road nobody reached for the time of a cold spot. */
  readonly coldShare: number
  /** Open urgent incidents in it that nobody reaches in their target. */
  readonly unreached: readonly IncidentId[]
  /** Of the units it depends on; null when nothing can be said at all. */
  readonly staleShare: number | null
}

/** Less than this share is rounding where a frontier ends on a border. */
const NOTHING = 1e-9

/** `level` 1 blue, 2 red, 3 black. */
type Level = 1 | 2 | 3
const LEVELS: readonly Level[] = [3, 2, 1]
const COLOUR_OF = ['green', 'blue', 'red', 'black'] as const

/** What a grid remembers between refreshes. A value: `gridColour` gives the next one. */
export type ColourState = {
  readonly colour: CoverageColour
  readonly sinceMs: number
  /** Per level: since when its own condition to be left holds; null while it does not. */
  readonly clearSinceMs: Readonly<Record<Level, number | null>>
  /** A commander has seen this black, and no urgent incident was added since. */
  readonly acknowledged: boolean
  readonly unreached: readonly IncidentId[]
}

export const unknownSince = (sinceMs: number): ColourState => ({
  colour: 'unknown',
  sinceMs,
  clearSinceMs: { 1: null, 2: null, 3: null },
  acknowledged: false,
  unreached: [],
})

export type ColourJudged = { readonly state: ColourState; readonly reasons: readonly CoverageReason[] }

/**
 * The colour of a grid after a refresh, and why. A worse colour comes at once; a better one only after its time:
 *
 *     blue   left when green fits for 60 s
 *     red    left when the share is 0.85 and more and nothing makes it red, for 120 s
 *     black  left when nothing makes it black for 180 s, or at once when a commander acknowledged it
 *
 * The times run side by side, so a grid that is whole again is black for 180 s and then green. An acknowledged black
 * whose cause lasts stays black: somebody knows, and nobody reaches it all the same. `unknown` comes at once when more
 * than a fifth of the units are stale or nothing is known, and what was before it is forgotten: afterwards the grid has
 * the colour of what is measured.
 */
export function gridColour(
  before: ColourState,
  measured: GridMeasured,
  nowMs: number,
  rules: ColourRules = COLOUR_RULES,
): ColourJudged {
  const causes = causesOf(measured, rules)
  const dataLost = dataReasons(measured, rules)
  if (dataLost.length > 0) {
    const state = before.colour === 'unknown' ? before : unknownSince(nowMs)
    const known = measured.staleShare === null ? [] : [...causes[3], ...causes[2], ...causes[1]]
    return { state, reasons: [...dataLost, ...onePerCode(known)] }
  }
  const clearSinceMs = clearTimes(before, measured, causes, nowMs, rules)
  const level = LEVELS.find(l => causes[l].length > 0 || isHeld(l, before, clearSinceMs, nowMs, rules)) ?? 0
  const colour = COLOUR_OF[level]
  const isNew = colour !== before.colour
  const { unreached } = measured
  const state = {
    colour,
    sinceMs: isNew ? nowMs : before.sinceMs,
    clearSinceMs,
    acknowledged: !isNew && before.acknowledged && unreached.every(id => before.unreached.includes(id)),
    unreached,
  }
  return { state, reasons: reasonsOf(level, causes, clearSinceMs, nowMs, measured, rules) }
}

/** A commander has seen it; only black is acknowledged, anything else stays as it is. */
export const acknowledged = (state: ColourState): ColourState =>
  state.colour === 'black' ? { ...state, acknowledged: true } : state

type Causes = Readonly<Record<Level, readonly CoverageReason[]>>

/** What makes a grid black, red or blue now, whatever it was before. */
function causesOf(measured: GridMeasured, rules: ColourRules): Causes {
  const { share, centreUnits, coldShare, unreached } = measured
  const low = (limit: number): CoverageReason[] =>
    share < limit ? [{ code: 'share_low', value: share, limit }] : []
  const unreachable = unreached.map((incidentId): CoverageReason => {
    return { code: 'incident_unreachable', value: null, limit: null, incidentId }
  })
  const nobody: CoverageReason[] = share < NOTHING ? [{ code: 'nobody_reaches', value: 0, limit: null }] : []
  const cold: CoverageReason[] =
    coldShare > rules.coldShareMax ? [{ code: 'cold_spot', value: coldShare, limit: rules.coldShareMax }] : []
  const thin: CoverageReason[] =
    centreUnits < rules.centreUnitsMin
      ? [{ code: 'thin', value: centreUnits, limit: rules.centreUnitsMin }]
      : []
  return {
    3: [...unreachable, ...nobody, ...low(rules.blackShareBelow)],
    2: [...low(rules.blueShareMin), ...cold],
    1: [...low(rules.greenShareMin), ...thin],
  }
}

function dataReasons({ staleShare }: GridMeasured, rules: ColourRules): CoverageReason[] {
  if (staleShare === null) return [{ code: 'no_data', value: null, limit: null }]
  const isLost = staleShare > rules.staleShareMax
  return isLost ? [{ code: 'data_stale', value: staleShare, limit: rules.staleShareMax }] : []
}

function clearTimes(
  before: ColourState,
  measured: GridMeasured,
  causes: Causes,
  nowMs: number,
  rules: ColourRules,
): ColourState['clearSinceMs'] {
  const since = (level: Level, clear: boolean): number | null =>
    clear ? (before.clearSinceMs[level] ?? nowMs) : null
  return {
    1: since(1, causes[1].length === 0),
    2: since(2, causes[2].length === 0 && measured.share >= rules.redLeaveShareMin),
    3: since(3, causes[3].length === 0),
  }
}

/** Whether a colour nothing calls for any more stays a while: only one the grid has, or had on its way down. */
function isHeld(
  level: Level,
  before: ColourState,
  clearSinceMs: ColourState['clearSinceMs'],
  nowMs: number,
  rules: ColourRules,
): boolean {
  if (before.colour === 'unknown' || COLOUR_OF.indexOf(before.colour) < level) return false
  if (level === 3 && before.acknowledged) return false
  const sinceMs = clearSinceMs[level]
  return sinceMs === null || nowMs - sinceMs < leaveMsOf(level, rules)
}

const leaveMsOf = (level: Level, rules: ColourRules): number =>
  level === 3 ? rules.leaveBlackMs : level === 2 ? rules.leaveRedMs : rules.leaveBlueMs

function reasonsOf(
  level: 0 | Level,
  causes: Causes,
  clearSinceMs: ColourState['clearSinceMs'],
  nowMs: number,
  measured: GridMeasured,
  rules: ColourRules,
): CoverageReason[] {
  if (level === 0) return [{ code: 'covered', value: measured.share, limit: rules.greenShareMin }]
  const lower = LEVELS.filter(l => l < level).flatMap(l => causes[l])
  if (causes[level].length > 0) return onePerCode([...causes[level], ...lower])
  const passedMs = nowMs - (clearSinceMs[level] ?? nowMs)
  const held: CoverageReason = {
    code: 'held',
    value: Math.floor(passedMs / 1000),
    limit: leaveMsOf(level, rules) / 1000,
  }
  return onePerCode([held, ...lower])
}

/** The same fact against a milder limit says nothing new. */
const onePerCode = (reasons: readonly CoverageReason[]): CoverageReason[] =>
  reasons.filter(
    (r, i) => r.code === 'incident_unreachable' || reasons.findIndex(o => o.code === r.code) === i,
  )
