import type { UnitMoves, UnitView } from '#protocols/api.ts'

/** Quiet values (satellites, queue) go out with at most this many whole views a second. */
const WHOLE_PER_SECOND = 250
const QUIET_EVERY_MS_MIN = 2_000

/** How long quiet values of one unit wait for their next whole view, by the number of units. */
export const quietEveryMs = (units: number): number =>
  Math.max(QUIET_EVERY_MS_MIN, (units / WHOLE_PER_SECOND) * 1000)

const GOLDEN = 0.618_034

/**
 * When the quiet values of the n-th unit are due next: each unit has its own moment in the round of `everyMs`, so thousands
 * that changed in one second, as after a broker's return, do not all come due in one second again.
 */
export function nextTurnMs(n: number, nowMs: number, everyMs: number): number {
  const turnMs = ((n * GOLDEN) % 1) * everyMs
  const sinceMs = (((nowMs - turnMs) % everyMs) + everyMs) % everyMs
  return nowMs + everyMs - sinceMs
}

/** Whether everything a list or the map shows of a unit is unchanged but its place, speed, course and ages. */
export function onlyMoved(before: UnitView, now: UnitView): boolean {
  return (
    before.position !== null &&
    now.position !== null &&
    before.position.mode === now.position.mode &&
    before.freshness === now.freshness &&
    before.gridId === now.gridId &&
    before.link === now.link &&
    before.availability === now.availability &&
    before.emergency === now.emergency &&
    before.recording === now.recording &&
    before.callSign === now.callSign &&
    before.homeGridId === now.homeGridId &&
    before.deviceId === now.deviceId &&
    before.type === now.type &&
    before.store === now.store &&
    same(before.assignment, now.assignment) &&
    same(before.equipment, now.equipment) &&
    same(before.drivers, now.drivers)
  )
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** Values no list and no mark shows: they may be late, see `quietEveryMs`. */
export const sameQuiet = (before: UnitView, now: UnitView): boolean =>
  before.position?.satsUsed === now.position?.satsUsed &&
  before.position?.satsSeen === now.position?.satsSeen &&
  before.position?.hdop === now.position?.hdop &&
  same(before.position?.sats, now.position?.sats) &&
  same(before.queue, now.queue)

/** Columns of units that all have a position. */
export function movesOf(units: Iterable<UnitView>): UnitMoves {
  const columns = {
    ids: [] as string[],
    lat: [] as number[],
    lon: [] as number[],
    speedMps: [] as (number | null)[],
    trackDeg: [] as (number | null)[],
    fixAgeMs: [] as number[],
    heardAgeMs: [] as (number | null)[],
  }
  for (const { id, position, heardAgeMs } of units) {
    if (position === null) continue
    columns.ids.push(id)
    columns.lat.push(rounded(position.lat, 6))
    columns.lon.push(rounded(position.lon, 6))
    columns.speedMps.push(position.speedMps === undefined ? null : rounded(position.speedMps, 1))
    columns.trackDeg.push(position.trackDeg === undefined ? null : rounded(position.trackDeg, 0))
    columns.fixAgeMs.push(Math.round(position.ageMs))
    columns.heardAgeMs.push(heardAgeMs === null ? null : Math.round(heardAgeMs))
  }
  return columns
}

const rounded = (value: number, decimals: number): number =>
  Math.round(value * 10 ** decimals) / 10 ** decimals
