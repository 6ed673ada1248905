import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Publisher } from './damaged-receiver.ts'

/** The chain from a receiver's bytes to the fixes a vehicle publishes, without port and clock. */
export function openPublisher(): Publisher {
  return new GnssDecoder()
}
