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
