import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Scanner } from '#protocols/nmea/scanner.ts'
import { randomOf } from '#sim/random.ts'
import { capturesThere } from '../oracle/captures.ts'
import { damageTrial, flawOf, published } from '../oracle/damaged-receiver.ts'
import type { Publisher } from '../oracle/damaged-receiver.ts'
import { openPublisher } from '../oracle/receiver-publisher.ts'
import { fuzzedFrames, fuzzedSentences, noiseOf } from '../oracle/receiver-noise.ts'
import type { Finding } from './evidence.ts'

const SEED = 4104
const DAMAGE_SEEDS = 10
const BYTES = 10_000_000
const BLOCK_BYTES = 100_000
const SHARES = [0.001, 0.01]
const PORT_BYTES_MAX = 64 * 1024
const PORTS = 200

/** No bytes hurt a port: not noise, not fuzz with right checksums, not a damaged capture however it is cut. */
export function proveNmea(say: (words: string) => void): Finding {
  const { captures, source } = capturesThere()
  const corpus = captures.flatMap(sentencesOf)
  // First, while the heap holds nothing else that could go meanwhile.
  const bytesPerPort = portBytes(corpus)
  say(`${bytesPerPort} bytes a port`)
  const random = randomOf(SEED, 'fuzz', 'bytes')
  const noise = endure('random bytes', say, () => noiseOf(BLOCK_BYTES, random))
  const fuzz = endure('fuzz with right checksums', say, () =>
    Buffer.concat([fuzzedSentences(corpus, BLOCK_BYTES / 2, random), fuzzedFrames(BLOCK_BYTES / 2, random)]),
  )
  const damage = SHARES.flatMap(share =>
    Array.from({ length: DAMAGE_SEEDS }, (_, i) => {
      const trial = { share, seed: i + 1, ...damageTrial(captures, share, i + 1, openPublisher) }
      say(`damaged: ${JSON.stringify(trial)}`)
      return trial
    }),
  )
  const altered = damage.reduce((sum, trial) => sum + trial.altered, 0)
  say(`${altered} altered sentences passed their checksum`)
  const holds =
    noise.exceptions + fuzz.exceptions + noise.flawed + fuzz.flawed === 0 &&
    damage.every(d => d.streams > 0 && d.far + d.flawed + d.chunkingDiffers === 0) &&
    bytesPerPort > 0 &&
    bytesPerPort <= PORT_BYTES_MAX
  return {
    holds,
    evidence: {
      seed: SEED,
      source,
      noise,
      fuzz,
      altered,
      damage,
      bytesPerPort,
      bytesPerPortMax: PORT_BYTES_MAX,
    },
  }
}

function endure(name: string, say: (words: string) => void, block: () => Uint8Array) {
  const publisher = openPublisher()
  const random = randomOf(SEED, name, 'cuts')
  const count = { bytes: 0, fixes: 0, exceptions: 0, flawed: 0 }
  while (count.bytes < BYTES) {
    const bytes = block()
    count.bytes += bytes.length
    try {
      const fixes = published(publisher, bytes, -1, random)
      count.fixes += fixes.length
      count.flawed += fixes.filter(fix => flawOf(fix) !== undefined).length
    } catch (error) {
      if (count.exceptions++ === 0) say(`${name}: ${String(error)}`)
    }
  }
  say(`${name}: ${JSON.stringify(count)}`)
  return count
}

/** What one port holds after the worst it could hear, its code not counted: a heap of many, divided. */
function portBytes(corpus: readonly string[]): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const random = randomOf(SEED, 'ports', 'bytes')
  const worst = [
    fuzzedSentences(corpus, BLOCK_BYTES, random),
    noiseOf(BLOCK_BYTES, random),
    fuzzedFrames(BLOCK_BYTES, random),
    Uint8Array.of(0xb5, 0x62, 0x01, 0x35, 0xf0, 0x0f),
    new Uint8Array(4_000),
  ]
  const hear = (publisher: Publisher): Publisher => {
    for (const bytes of worst) publisher.feed(bytes)
    return publisher
  }
  for (let i = 0; i < PORTS; i++) hear(openPublisher())
  const held: Publisher[] = []
  const bytesNow = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = bytesNow()
  for (let i = 0; i < PORTS; i++) held.push(hear(openPublisher()))
  return Math.round((bytesNow() - before) / held.length)
}

function sentencesOf(bytes: Uint8Array): string[] {
  const scanner = new Scanner()
  return [...scanner.feed(bytes), ...scanner.flush()].flatMap(e => (e.kind === 'sentence' ? [e.text] : []))
}
