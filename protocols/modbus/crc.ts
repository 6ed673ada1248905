/**
 * CRC-16 of Modbus RTU over `bytes[0, length)`: reflected polynomial 0xA001, start 0xFFFF; sent low byte first
 * (Modbus over Serial Line V1.02, 2.5.1.2). Example: `crc16` of `01 02 00 00 00 08` is 0xCC79, on the wire `79 CC`.
 */
export function crc16(bytes: Uint8Array, length: number = bytes.length): number {
  let crc = 0xffff
  for (let i = 0; i < length; i += 1) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]!) & 0xff]!
  return crc
}

/** `body` with its two checksum bytes behind it: a whole RTU frame. */
export function sealFrame(body: readonly number[]): Uint8Array {
  const frame = new Uint8Array(body.length + 2)
  frame.set(body)
  const crc = crc16(frame, body.length)
  frame[body.length] = crc & 0xff
  frame[body.length + 1] = crc >>> 8
  return frame
}

/** Whether the first `length` bytes end in their own checksum. */
export function isSealed(bytes: Uint8Array, length: number = bytes.length): boolean {
  if (length < 4 || bytes.length < length) return false
  return crc16(bytes, length - 2) === (bytes[length - 2]! | (bytes[length - 1]! << 8))
}

const TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})
