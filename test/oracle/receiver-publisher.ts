import { BelievedFixes } from '#hardware/gnss/believed-fixes.ts'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Publisher } from './damaged-receiver.ts'

/**
 * The chain from a receiver's bytes to the fixes a vehicle publishes, without port and clock: a second passes with every
 * epoch that is told, however its bytes were cut.
 */
export function openPublisher(): Publisher {
  const decoder = new GnssDecoder()
  const believed = new BelievedFixes()
  let monoMs = 0
  const publish = (fixes: readonly Fix[]): Fix[] =>
    fixes.flatMap(fix => {
      monoMs += 1_000
      return believed.take(fix, monoMs) ?? []
    })
  return { feed: bytes => publish(decoder.feed(bytes)), quiet: () => publish(decoder.quiet()) }
}
