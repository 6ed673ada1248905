import type { DeviceId } from '#protocols/ids.ts'

/** What is known of a waiting item here: whose it is, and the channel of a payload. */
export type Waiting = {
  readonly type: string
  readonly event?: { readonly deviceId: DeviceId; readonly type: string; readonly channel?: string }
}

/** What somebody waits for by the second. */
export const isAlarm = ({ event }: Waiting): boolean =>
  event?.channel === 'up/alarm' || event?.channel === 'up/unstored'

/** Records of the other lanes; an alarm means the same before them and after them. */
const isOvertaken = ({ event }: Waiting): boolean =>
  event?.channel === 'up/event' || event?.channel === 'up/track' || event?.channel === 'up/diag'

/**
 * Where a new item goes into a queue: last, and an alarm before everything but other alarms and what its own device said of
 * itself before it. So an alarm waits for one commit and not for the backlog of a fleet.
 */
export function placeIn(queue: readonly Waiting[], item: Waiting): number {
  if (!isAlarm(item)) return queue.length
  const ofDevice = queue.findLastIndex(
    other => other.event?.deviceId === item.event!.deviceId && !isOvertaken(other),
  )
  const firstOther = queue.findIndex(other => !isAlarm(other))
  return Math.max(ofDevice + 1, firstOther === -1 ? queue.length : firstOther)
}
