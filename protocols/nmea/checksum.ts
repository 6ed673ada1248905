/*
 * The four ways a receiver's frame proves itself. An NMEA XOR is only eight bits: one altered sentence in 256 passes,
 * so the readers behind it stay strict.
 */

/** XOR of all bytes between `$` and `*` (NMEA 0183, 5.3.1). `xorOf` over `GPGLL,,` gives one byte. */
export const xorOf = (bytes: Uint8Array, from: number, to: number): number => {
  let sum = 0
  for (let i = from; i < to; i++) sum ^= bytes[i] as number
  return sum
}

/** The same for text: `xorOfText('GPRMC,,V,,,,,,,,,,N')` is 0x53. */
export const xorOfText = (body: string): number => {
  let sum = 0
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i) & 0xff
  return sum
}

/** UBX 8-bit Fletcher over class, id, length and payload (u-blox interface description, "UBX checksum"): `b << 8 | a`. */
export const fletcherOf = (bytes: Uint8Array, from: number, to: number): number => {
  let a = 0
  let b = 0
  for (let i = from; i < to; i++) {
    a = (a + (bytes[i] as number)) & 0xff
    b = (b + a) & 0xff
  }
  return (b << 8) | a
}

/** CASIC: `id << 24 + class << 16 + length`, then every little-endian word of the payload, modulo 2^32. */
export const casicSumOf = (bytes: Uint8Array, payloadAt: number, length: number): number => {
  const byte = (i: number): number => bytes[i] as number
  let sum = ((byte(payloadAt - 1) << 24) + (byte(payloadAt - 2) << 16) + length) >>> 0
  for (let i = payloadAt; i < payloadAt + length; i += 4)
    sum = (sum + (byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24))) >>> 0
  return sum
}

const CRC24Q_POLYNOMIAL = 0x1864cfb
const crc24qTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 16
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? (crc << 1) ^ CRC24Q_POLYNOMIAL : crc << 1
  return crc & 0xffffff
})

/** CRC-24Q over header and payload (RTCM 10403, 4). The three CRC bytes follow big-endian. */
export const crc24qOf = (bytes: Uint8Array, from: number, to: number): number => {
  let crc = 0
  for (let i = from; i < to; i++)
    crc = ((crc << 8) & 0xffffff) ^ (crc24qTable[((crc >>> 16) ^ (bytes[i] as number)) & 0xff] as number)
  return crc
}
