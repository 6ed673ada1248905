import { quantile } from './quantile.ts'
import type { ShiftCounts } from './shifts.ts'

/** What the sampling must keep: 85 of 100 messages saved, the track within 10 m for 95 %, no promise of a word broken. */
export const SAMPLING_GOAL = { fewer: 0.85, withinM: 10, share: 0.95 } as const

/** A car at 1 Hz publishes a record and a live slot every second. */
const MESSAGES_PER_SECOND_AT_1_HZ = 2

/** All shifts together, in the words of the evidence. Nothing counted holds nothing. */
export function judgeShifts(shifts: readonly ShiftCounts[]) {
  const sum = (of: (shift: ShiftCounts) => number): number =>
    shifts.reduce((all, shift) => all + of(shift), 0)
  const most = (of: (shift: ShiftCounts) => number): number => Math.max(...shifts.map(of))
  const seconds = sum(s => s.seconds)
  const movingSeconds = sum(s => s.movingSeconds)
  const messages = sum(s => s.messages.live + s.messages.track + s.messages.other)
  const movingMessages = sum(s => s.movingMessages)
  const positions = sum(s => s.positions)
  const errors = shifts.flatMap(s => s.errorsM)
  const within = errors.filter(m => m <= SAMPLING_GOAL.withinM).length / errors.length
  const fewer = 1 - messages / (MESSAGES_PER_SECOND_AT_1_HZ * seconds)
  const fewerMoving = 1 - movingMessages / (MESSAGES_PER_SECOND_AT_1_HZ * movingSeconds)
  const silencesBeyondAnnounced = sum(s => s.silencesBeyond)
  return {
    holds:
      seconds > 0 &&
      fewer >= SAMPLING_GOAL.fewer &&
      fewerMoving >= SAMPLING_GOAL.fewer &&
      within >= SAMPLING_GOAL.share &&
      silencesBeyondAnnounced === 0,
    drivenSeconds: seconds,
    movingSeconds,
    incidents: sum(s => s.incidents),
    messages: {
      live: sum(s => s.messages.live),
      track: sum(s => s.messages.track),
      other: sum(s => s.messages.other),
      at1Hz: MESSAGES_PER_SECOND_AT_1_HZ * seconds,
      fewer: round(fewer),
      fewerWhileMoving: round(fewerMoving),
    },
    positions: { recorded: positions, at1Hz: seconds, fewer: round(1 - positions / seconds) },
    trackErrorM: {
      seconds: errors.length,
      within10M: round(within),
      p50: round(quantile(errors, 0.5)),
      p95: round(quantile(errors, 0.95)),
      max: round(quantile(errors, 1)),
    },
    silence: {
      beyondAnnounced: silencesBeyondAnnounced,
      longestWordMs: most(s => s.longestSilenceMs),
      longestPositionMs: most(s => s.longestPositionGapMs),
    },
  }
}

const round = (value: number): number => Math.round(10_000 * value) / 10_000
