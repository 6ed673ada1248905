import { sealFrame } from '#protocols/modbus/crc.ts'
import type { Random } from '../random.ts'
import type { Misbehaviour } from './attach-panel.ts'

/** Ways in which a line or a module goes wrong, by the names the tests print. */
export const MISBEHAVIOURS = ['late', 'split', 'duplicate', 'corrupt', 'foreign', 'silent', 'noise'] as const
export type MisbehaviourName = (typeof MISBEHAVIOURS)[number]

/**
 * Each answer goes wrong with the chance `share`, in one of the named ways. `late` is up to `lateMsMax`: just after the
 * driver's patience or long after it; answers behind it wait their turn.
 */
export function misbehaving(
  random: Random,
  names: readonly MisbehaviourName[],
  share: number,
  lateMsMax = 150,
): Misbehaviour {
  return answer => {
    const asIs = { bytes: answer, afterMs: 0 }
    if (!random.chance(share)) return [asIs]
    const name = random.pick(names)
    switch (name) {
      case 'late':
        return [{ bytes: answer, afterMs: random.uniform(1, lateMsMax) }]
      case 'split': {
        const at = random.integer(1, answer.length - 1)
        const afterMs = random.uniform(1, 40)
        return [
          { bytes: answer.subarray(0, at), afterMs: 0 },
          { bytes: answer.subarray(at), afterMs },
        ]
      }
      case 'duplicate':
        return [asIs, { bytes: answer, afterMs: random.uniform(0, lateMsMax) }]
      case 'corrupt': {
        const bytes = answer.slice()
        bytes[random.integer(0, bytes.length - 1)]! ^= 1 << random.integer(0, 7)
        return [{ bytes, afterMs: 0 }]
      }
      case 'foreign':
        return [
          {
            bytes: sealFrame([random.integer(2, 247), answer[1]!, 1, random.integer(0, 255)]),
            afterMs: 0,
          },
          ...(random.chance(0.5) ? [asIs] : []),
        ]
      case 'silent':
        return []
      case 'noise': {
        const bytes = Uint8Array.from({ length: random.integer(1, 12) }, () => random.integer(0, 255))
        return [{ bytes, afterMs: 0 }, asIs]
      }
    }
  }
}
