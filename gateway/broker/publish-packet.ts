/**
 * A PUBLISH of QoS 0 as MQTT 3.1.1 (3.3) has it.
 *
 *     byte 0      0x30
 *     byte 1..4   remaining length, 7 bits each, low first; bit 7 = another byte follows
 *     2 bytes     length of the topic, high first
 *     rest        topic, payload
 */
export function publishPacket(topic: Uint8Array, payload: Uint8Array): Buffer {
  const length = 2 + topic.length + payload.length
  const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
  const packet = Buffer.allocUnsafe(1 + lengthBytes + length)
  let at = 0
  packet[at++] = 0x30
  for (let rest = length, i = 1; i <= lengthBytes; i++, rest >>= 7)
    packet[at++] = (rest & 0x7f) | (i < lengthBytes ? 0x80 : 0)
  at = packet.writeUInt16BE(topic.length, at)
  packet.set(topic, at)
  packet.set(payload, at + topic.length)
  return packet
}

/** Where in `chunk` topic and payload of a packet lie, and its number. */
export type SeenPublish = {
  readonly topicFrom: number
  readonly topicTo: number
  readonly packetId: number
  readonly end: number
}

/**
 * A whole PUBLISH of QoS 1 without retain that begins at `at`, where its own lengths agree; undefined for anything else.
 *
 *     byte 0      0x32, or 0x3a when sent again
 *     byte 1..4   remaining length
 *     2 bytes     length of the topic; topic; 2 bytes packet id, not 0; payload
 */
export function seePublish(chunk: Buffer, at: number): SeenPublish | undefined {
  if ((chunk[at]! & 0xf7) !== 0x32) return undefined
  let [next, length, shift] = [at + 1, 0, 0]
  for (;;) {
    const byte = chunk[next++]
    if (byte === undefined || shift > 21) return undefined
    length |= (byte & 0x7f) << shift
    shift += 7
    if (byte < 0x80) break
  }
  const end = next + length
  if (length < 4 || end > chunk.length) return undefined
  const topicFrom = next + 2
  const topicTo = topicFrom + chunk.readUInt16BE(next)
  if (topicTo + 2 > end) return undefined
  const packetId = chunk.readUInt16BE(topicTo)
  return packetId === 0 ? undefined : { topicFrom, topicTo, packetId, end }
}

/** PUBACK (3.4). */
export function pubackPacket(packetId: number): Buffer {
  const packet = Buffer.allocUnsafe(4)
  packet.writeUInt16BE(0x4002, 0)
  packet.writeUInt16BE(packetId, 2)
  return packet
}
