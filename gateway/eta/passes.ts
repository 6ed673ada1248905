import type { Drive } from '#protocols/roads/network.ts'
import type { Step } from './trail.ts'

/** A stretch of one drive and what it took. `seconds` counts waiting at its end, never standing at the kerb. */
export type Pass = {
  readonly drive: Drive
  /** What the profile says of this part. */
  readonly baseSeconds: number
  readonly seconds: number
  /** From end to end; only such a pass speaks of the road itself. */
  readonly isWhole: boolean
}

/** What passes are measured against. */
export type RoadMeasures = {
  readonly baseSeconds: (drive: Drive) => number
  readonly lengthM: (drive: Drive) => number
}

/** One car's drive in the making; owned by `drove` and `stopped`. */
export type Driving = {
  passes: Pass[]
  seconds: number
  current: { readonly drive: Drive; readonly from: number; to: number; seconds: number } | null
  /** Standing, and nobody knows yet whether at a light or at the kerb. */
  waitSeconds: number
}
export const newDriving = (): Driving => ({ passes: [], seconds: 0, current: null, waitSeconds: 0 })

/** Slower than this over a whole step is standing; a metre is noise. */
const STANDING_MPS = 0.5
const STANDING_M = 1
/** No car is faster; a receiver that jumps is. */
const FASTEST_MPS = 60
/** A queue before a signal is seldom longer; who stands further from the junction ahead has stopped at the kerb. */
const QUEUE_M = 40
const KERB_SECONDS = 10
/** The longest red is shorter. */
const WAIT_SECONDS_MAX = 150
/** A drive is told in pieces of about this length, so that a patrol of hours becomes many trips. */
const TRIP_SECONDS = 600
/** From here to the end of a drive is all of it, but for a metre or two. */
const WHOLE_SHARE = 0.97

/** Takes a step and answers the trips that ended with it: each the passes between two stops at the kerb. */
export function drove(driving: Driving, step: Step, road: RoadMeasures): readonly Pass[][] {
  const seconds = (step.toMs - step.fromMs) / 1000
  const metres = step.parts.reduce((sum, part) => sum + (part.to - part.from) * road.lengthM(part.drive), 0)
  if (!step.isClear || metres > FASTEST_MPS * seconds) return stopped(driving, road)
  if (metres < Math.max(STANDING_M, STANDING_MPS * seconds)) return stood(driving, step, seconds, road)
  moved(driving, step, seconds, road)
  return driving.seconds >= TRIP_SECONDS ? [takePasses(driving)] : []
}

/** The drive ended: at the kerb, on scene, in a hole of the track. What it stood for at the end is not driving. */
export function stopped(driving: Driving, road: RoadMeasures): readonly Pass[][] {
  leave(driving, road)
  driving.waitSeconds = 0
  const passes = takePasses(driving)
  return passes.length === 0 ? [] : [passes]
}

function stood(driving: Driving, step: Step, seconds: number, road: RoadMeasures): readonly Pass[][] {
  driving.waitSeconds += seconds
  // Creeping on in a queue goes on where it stands.
  for (const part of step.parts) enter(driving, part.drive, part.from, part.to, 0, road)
  const last = step.parts.at(-1)
  const aheadM = last === undefined ? 0 : (1 - last.to) * road.lengthM(last.drive)
  const isKerb = driving.waitSeconds >= KERB_SECONDS && aheadM > QUEUE_M
  return isKerb || driving.waitSeconds >= WAIT_SECONDS_MAX ? stopped(driving, road) : []
}

/** The time of a step lies on its parts as the profile would share it out; a wait before it belongs to where it was. */
function moved(driving: Driving, step: Step, seconds: number, road: RoadMeasures): void {
  if (driving.current !== null) driving.current.seconds += driving.waitSeconds
  driving.waitSeconds = 0
  const base = step.parts.map(part => (part.to - part.from) * road.baseSeconds(part.drive))
  const whole = base.reduce((sum, one) => sum + one, 0)
  step.parts.forEach((part, i) => {
    enter(driving, part.drive, part.from, part.to, whole === 0 ? 0 : (seconds * base[i]!) / whole, road)
  })
  driving.seconds += seconds
}

function enter(
  driving: Driving,
  drive: Drive,
  from: number,
  to: number,
  seconds: number,
  road: RoadMeasures,
): void {
  const { current } = driving
  // A drive driven anew begins before where the last pass of it ended.
  if (current !== null && current.drive === drive && from >= current.to - 1e-6) {
    current.to = to
    current.seconds += seconds
    return
  }
  leave(driving, road)
  driving.current = { drive, from, to, seconds }
}

function leave(driving: Driving, road: RoadMeasures): void {
  const { current } = driving
  driving.current = null
  if (current === null) return
  const { drive, from, to, seconds } = current
  const baseSeconds = (to - from) * road.baseSeconds(drive)
  if (baseSeconds > 0 && seconds > 0)
    driving.passes.push({ drive, baseSeconds, seconds, isWhole: to - from >= WHOLE_SHARE })
}

function takePasses(driving: Driving): Pass[] {
  const { passes } = driving
  driving.passes = []
  driving.seconds = 0
  return passes
}
