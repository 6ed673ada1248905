import type { Clock } from '#protocols/time.ts'
import { judgeFrames } from '../discovery/gnss-trial.ts'
import type { Place } from '../line/line-state.ts'
import { RECEIVER_SPEEDS } from '../line/speed-hunt.ts'
import type { OpenPort } from '../port.ts'
import { openReopeningPort } from '../reopening-port.ts'
import type { ReopeningPort } from '../reopening-port.ts'
import { isGpsd } from './gpsd-name.ts'

/** Three epochs of a receiver at 1 Hz, noticed when the third should have begun; slower ones are learned. */
const SILENCE_MS_MAX = 2_900

export type ReceiverLine = {
  readonly path: string
  readonly baud: number
  /** A technician's scan or this agent heard sense at this speed before. */
  readonly isProved: boolean
  readonly lookElsewhere?: () => Promise<Place | null>
}

/** The line of a receiver, kept open, at the speed at which it makes sense. gpsd has no speed to find. */
export function openReceiverLine(open: OpenPort, line: ReceiverLine, clock: Clock): ReopeningPort {
  const { path, baud, isProved, lookElsewhere } = line
  const hunt = isGpsd(path) ? {} : { hunt: { speeds: RECEIVER_SPEEDS, isProved, judge: judgeFrames } }
  return openReopeningPort(
    open,
    path,
    { baud, silenceMsMax: SILENCE_MS_MAX, ...hunt, ...(lookElsewhere && { lookElsewhere }) },
    clock,
  )
}
