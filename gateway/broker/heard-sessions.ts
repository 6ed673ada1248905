import type { DeviceId } from '#protocols/ids.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { ANNOUNCED_DEFAULT_MS, staleAfterMs } from '../fleet/freshness.ts'
import type { BrokerEvent } from './broker.ts'

/*
 * Behind somebody else's broker no connect and no disconnect is seen, and a will could only say what a frozen link
 * cannot. So a session is what is heard: the first word opens it, silence ends it, judged against the interval the
 * device itself announced.
 */
export type HeardSessions = Map<DeviceId, { heardMonoMs: number; announcedMs: number }>

type SessionEvent = Extract<BrokerEvent, { type: 'session' }>

/** A payload of a device came; the session it opens, if it does. */
export function hear(
  sessions: HeardSessions,
  deviceId: DeviceId,
  { channel, payload }: { readonly channel: UpChannel; readonly payload: Uint8Array },
  monoMs: number,
): readonly SessionEvent[] {
  const known = sessions.get(deviceId)
  const announcedMs = announcedIn(channel, payload) ?? known?.announcedMs ?? ANNOUNCED_DEFAULT_MS
  sessions.set(deviceId, { heardMonoMs: monoMs, announcedMs })
  return known === undefined ? [{ type: 'session', deviceId, link: 'up' }] : []
}

/** Sessions that were silent for two announced intervals and 10 s. */
export function lapse(sessions: HeardSessions, monoMs: number): readonly SessionEvent[] {
  const ended: SessionEvent[] = []
  for (const [deviceId, { heardMonoMs, announcedMs }] of sessions)
    if (monoMs - heardMonoMs > staleAfterMs(announcedMs)) ended.push(...forget(sessions, deviceId))
  return ended
}

/** The session is over, whatever may still be heard of it. */
export const forget = (sessions: HeardSessions, deviceId: DeviceId): readonly SessionEvent[] =>
  sessions.delete(deviceId) ? [{ type: 'session', deviceId, link: 'down' }] : []

/** As `hello` and `live` state it; read past the parser, which has its turn in intake. */
function announcedIn(channel: UpChannel, payload: Uint8Array): number | undefined {
  if (channel !== 'hello' && channel !== 'live') return undefined
  const stated = /"announcedMs":(\d{1,5})[,}]/.exec(Buffer.from(payload).toString('latin1'))?.[1]
  return stated === undefined ? undefined : Number(stated)
}
