/**
 * Randomness of the simulator: one seed for the whole city, and a stream of its own for every `(entity, purpose)`. A new
 * unit or a new use of chance therefore never shifts the draws of the others, and a failing run shrinks by leaving
 * things out.
 */
export type Random = {
  /** A number in [low, high); [0, 1) when called bare. */
  uniform(low?: number, high?: number): number
  /** A whole number from low to high, both included. */
  integer(low: number, high: number): number
  /** True in `share` of the calls. */
  chance(share: number): boolean
  /** One of the items; asking an empty list is our mistake and throws. */
  pick<T>(items: readonly T[]): T
  /** Waiting time with the given mean, same unit. */
  exponential(mean: number): number
  normal(mean: number, deviation: number): number
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
}

/** `randomOf(1, 'unit-3', 'patrol')`: the same three always give the same stream. */
export function randomOf(seed: number, entity: string, purpose: string): Random {
  return randomFrom(hash128(`${seed}\u0000${entity}\u0000${purpose}`))
}

/** Four 32-bit words of a text: wide enough that streams of a million entities do not meet. */
export function hash128(text: string): readonly [number, number, number, number] {
  return [
    hash32(text, 0x9e3779b9),
    hash32(text, 0x85ebca6b),
    hash32(text, 0xc2b2ae35),
    hash32(text, 0x27d4eb2f),
  ]
}

/** Murmur3 (32 bit) over UTF-16 units; Appleby, public domain. */
export function hash32(text: string, seed = 0): number {
  let h = seed | 0
  for (let i = 0; i < text.length; i += 1) {
    const k = Math.imul(text.charCodeAt(i), 0xcc9e2d51)
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  h ^= text.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function randomFrom(state: readonly [number, number, number, number]): Random {
  const word = sfc32(state)
  const unit = (): number => word() / 0x1_0000_0000
  const integer = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1))
  return {
    uniform: (low = 0, high = 1) => low + unit() * (high - low),
    integer,
    chance: share => unit() < share,
    pick: items => {
      if (items.length === 0) throw new Error('pick from an empty list')
      return items[integer(0, items.length - 1)]!
    },
    exponential: mean => -mean * Math.log(1 - unit()),
    // Box-Muller, one value per call: a cached second value would tie the stream to the order of the calls.
    normal: (mean, deviation) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    shuffle: items => {
      const out = [...items]
      for (let i = out.length - 1; i > 0; i -= 1) {
        const j = integer(0, i)
        const held = out[i]!
        out[i] = out[j]!
        out[j] = held
      }
      return out
    },
  }
}

/** sfc32 of PractRand (Doty-Humphrey, public domain): 128 bits of state, passes BigCrush, three adds a word. */
function sfc32(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, counter] = state
  const word = (): number => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return t >>> 0
  }
  for (let i = 0; i < 12; i += 1) word()
  return word
}
