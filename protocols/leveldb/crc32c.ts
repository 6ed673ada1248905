const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (Castagnoli), as LevelDB and iSCSI have it: of `123456789` it is `e3069283`. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** LevelDB stores a checksum turned by 15 bits and shifted by a constant, so that one over another is no fixed point. */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK) >>> 0

/** The checksum behind a stored one. */
export function unmasked(stored: number): number {
  const turned = (stored - MASK) >>> 0
  return ((turned >>> 17) | (turned << 15)) >>> 0
}

const MASK = 0xa282ead8
