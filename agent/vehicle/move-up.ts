import { bearingDeg, distanceM } from '#protocols/geo/sphere.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { newestPosition } from './position.ts'
import { MOVE_UP_NOTE } from './state.ts'
import type { VehicleState } from './state.ts'

/** Near enough to stand by; the centre counts the same. */
const THERE_M = 150
/** Nobody is asked to stand somewhere for longer than this without having come; the centre has given up long before. */
const MOVE_UP_LIFE_MS = 1_800_000

export const moveUpNote = (state: VehicleState): Note => ({ key: MOVE_UP_NOTE, value: state.moveUp })

/** The car moved: it may be there now. */
export function settleMoveUp(state: VehicleState, now: Now): void {
  const { moveUp } = state
  if (moveUp === null) return
  const here = newestPosition(state)?.position
  const isThere = here !== undefined && distanceM(here, moveUp.place) <= THERE_M
  if (isThere || isOver(moveUp.receivedUtcMs, now)) state.moveUp = null
}

/** What the terminal shows of it. */
export function moveUpView(state: VehicleState, now: Now): Pick<TerminalState, 'moveUp'> {
  const { moveUp } = state
  if (moveUp === null || isOver(moveUp.receivedUtcMs, now)) return {}
  const here = newestPosition(state)?.position
  const { orderId, place, receivedUtcMs } = moveUp
  return {
    moveUp: {
      orderId,
      place,
      ageMs: Math.max(0, now.utcMs - receivedUtcMs),
      distanceM: here ? distanceM(here, place) : null,
      bearingDeg: here ? bearingDeg(here, place) : null,
    },
  }
}

const isOver = (receivedUtcMs: number, now: Now): boolean =>
  Math.abs(now.utcMs - receivedUtcMs) > MOVE_UP_LIFE_MS
