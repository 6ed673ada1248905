import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { withoutHeader } from '#protocols/nmea/capture.ts'
import { PERSONALITIES } from '#sim/receiver/personality.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'

/** The public captures, or what our own receivers say in two minutes. */
export function capturesThere(): { readonly captures: readonly Uint8Array[]; readonly source: string } {
  const dir = join(process.env['REACH5_DATA'] ?? '../shared/data', 'nmea', 'gpsd')
  try {
    const names = readdirSync(dir).filter(name => name.endsWith('.log'))
    const captures = names.map(name => withoutHeader(readFileSync(join(dir, name))))
    return { captures, source: `${names.length} public captures` }
  } catch {
    const captures = Object.values(PERSONALITIES).map(personality => {
      const receiver = simulatedReceiver(personality)
      const startUtcMs = Date.UTC(2026, 10, 24)
      const epochs = Array.from({ length: 120 }, (_, i) =>
        receiver.epoch({
          lat: 35.4,
          lon: 116.5 + i * 1e-5,
          speedMps: 0.9,
          trackDeg: 90,
          utcMs: startUtcMs + (i * 1000) / personality.rateHz,
          fix: true,
        }),
      )
      return Buffer.concat(epochs)
    })
    return { captures, source: `${captures.length} simulated receivers (no captures at ${dir})` }
  }
}
