import type { Random } from '../random.ts'

/**
 * Bytes as a bad cable delivers them: each byte is, with chance `share`, changed in one bit, replaced, lost or said twice.
 * The same stream of chance gives the same damage.
 */
export function damaged(bytes: Uint8Array, share: number, random: Random): Uint8Array {
  const out = new Uint8Array(bytes.length * 2)
  let length = 0
  for (let i = 0, next = gap(share, random); i < bytes.length; i++) {
    const byte = bytes[i]!
    if (i < next) {
      out[length++] = byte
      continue
    }
    next = i + 1 + gap(share, random)
    switch (random.integer(0, 3)) {
      case 0:
        out[length++] = byte ^ (1 << random.integer(0, 7))
        break
      case 1:
        out[length++] = random.integer(0, 255)
        break
      case 2:
        break
      case 3:
        out[length++] = byte
        out[length++] = byte
    }
  }
  return out.slice(0, length)
}

/** Whole bytes until the next fault: geometric, one draw a fault instead of one a byte. */
const gap = (share: number, random: Random): number =>
  share <= 0 ? Infinity : Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - share))
