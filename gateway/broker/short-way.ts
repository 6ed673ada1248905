import { topicOf } from '#protocols/topics.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { PACKET_BYTES_MAX } from './length-guard.ts'
import { publishPacket, pubackPacket, seePublish } from './publish-packet.ts'
import type { Session, SessionClient } from './session.ts'

/*
 * The library carries sessions; what is said thousands of times in one goes past it, in the same bytes.
 */

/** First half of the first byte of a packet. */
const PUBLISH = 3

/**
 * The common packet: a whole PUBLISH of QoS 1 to a topic this session was judged for, of a device that reads and whose
 * session is the present one. It is taken and its PUBACK written, as the library would. Where it ends; `at` when the library
 * is to have it.
 */
export function takePublishShortWay(
  session: Session,
  chunk: Buffer,
  at: number,
  isPresent: (session: Session) => boolean,
  take: (session: Session, channel: UpChannel, payload: Buffer) => void,
): number {
  if (chunk[at]! >> 4 !== PUBLISH) return at
  const { guard, deviceId, client } = session
  const seen = session.inLibrary === 0 && deviceId !== null ? seePublish(chunk, at) : undefined
  const channel = seen && session.spoken.get(chunk.toString('latin1', seen.topicFrom, seen.topicTo))
  const isOurs =
    channel !== undefined &&
    seen!.end - at <= PACKET_BYTES_MAX &&
    guard.writable &&
    !guard.writableNeedDrain &&
    isPresent(session)
  if (!isOurs) {
    session.inLibrary++
    return at
  }
  take(session, channel, chunk.subarray(seen!.topicTo + 2, seen!.end))
  guard.send(pubackPacket(seen!.packetId))
  keptAlive(client)
  return seen!.end
}

/** An ack as it is, to a device that reads; false where the library is to carry it and keep watch over how long it takes. */
export function ackShortWay(session: Session, payload: Uint8Array): boolean {
  const { guard } = session
  if (!guard.writable || guard.writableNeedDrain) return false
  session.ackTopic ??= Buffer.from(topicOf(session.deviceId!, 'down/ack'))
  guard.send(publishPacket(session.ackTopic, payload))
  return true
}

/** The library counts the silence of a client from what it saw of it. */
function keptAlive(client: SessionClient | null): void {
  ;(client as unknown as { readonly _keepaliveTimer?: NodeJS.Timeout } | null)?._keepaliveTimer?.refresh()
}
