import { sealFrame } from '#protocols/modbus/crc.ts'
import type { Random } from '../random.ts'
import type { Misbehaviour } from './attach-panel.ts'

/** Ways in which a line or a module goes wrong, by the names the tests print. */
export const MISBEHAVIOURS = ['late', 'split', 'duplicate', 'corrupt', 'foreign', 'silent', 'noise'] as const
export type MisbehaviourName = (typeof MISBEHAVIOURS)[number]

type Piece = ReturnType<Misbehaviour>[number]

export type MisbehavingOptions = {
  /** `late` and the second of a `duplicate` come up to this much later; answers behind them wait their turn. */
  readonly lateMsMax?: number
  /** Told of each answer that goes wrong. */
  readonly onFault?: (name: MisbehaviourName) => void
}

/** Each answer goes wrong with the chance `share`, in one of the named ways, all equally often. */
export function misbehaving(
  random: Random,
  names: readonly MisbehaviourName[],
  share: number,
  { lateMsMax = 150, onFault }: MisbehavingOptions = {},
): Misbehaviour {
  return answer => {
    if (!random.chance(share)) return [{ bytes: answer, afterMs: 0 }]
    const name = random.pick(names)
    onFault?.(name)
    return WAYS[name](answer, random, lateMsMax)
  }
}

const WAYS: Readonly<
  Record<MisbehaviourName, (answer: Uint8Array, random: Random, lateMsMax: number) => readonly Piece[]>
> = {
  late: (answer, random, lateMsMax) => [{ bytes: answer, afterMs: random.uniform(1, lateMsMax) }],
  split: (answer, random) => pieces(answer, random),
  duplicate: (answer, random, lateMsMax) => [
    { bytes: answer, afterMs: 0 },
    { bytes: answer, afterMs: random.uniform(0, lateMsMax) },
  ],
  corrupt: (answer, random) => {
    const bytes = answer.slice()
    bytes[random.integer(0, bytes.length - 1)]! ^= 1 << random.integer(0, 7)
    return [{ bytes, afterMs: 0 }]
  },
  foreign: (answer, random) => [
    { bytes: sealFrame([random.integer(2, 247), answer[1]!, 1, random.integer(0, 255)]), afterMs: 0 },
    ...(random.chance(0.5) ? [{ bytes: answer, afterMs: 0 }] : []),
  ],
  silent: () => [],
  noise: (answer, random) => [
    {
      bytes: Uint8Array.from({ length: random.integer(1, 12) }, () => random.integer(0, 255)),
      afterMs: 0,
    },
    { bytes: answer, afterMs: 0 },
  ],
}

/** In two, or byte by byte, with pauses shorter and longer than any patience. */
function pieces(answer: Uint8Array, random: Random): Piece[] {
  const cuts = random.chance(0.3)
    ? Array.from({ length: answer.length - 1 }, (_, i) => i + 1)
    : [random.integer(1, answer.length - 1)]
  return [0, ...cuts].map((from, i) => ({
    bytes: answer.subarray(from, cuts[i] ?? answer.length),
    afterMs: i === 0 ? 0 : random.uniform(cuts.length > 1 ? 0 : 1, cuts.length > 1 ? 10 : 40),
  }))
}
