import { statfs } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '#protocols/time.ts'

/** How the process and its disk are, as of the last look. */
export type ProcessHealth = {
  readonly uptimeSeconds: number
  readonly residentBytes: number
  readonly cpuSeconds: number
  /** 99th percentile of the event loop's delay between the last two looks. */
  readonly loopLagP99Seconds: number
  /** Of the disk the ledger lies on; null where the system does not say. */
  readonly diskFreeBytes: number | null
  readonly diskTotalBytes: number | null
}

/** One look serves everybody for this long, so that a page and a scrape say the same. */
const LOOK_EVERY_MS = 5_000
const RESOLUTION_MS = 10

/** Looks at this process and the disk of `dir` every five seconds. */
export async function openProcessHealth(
  dir: string,
  clock: Clock,
): Promise<{ read(): ProcessHealth; close(): void }> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let closed = false
  let cancel = (): void => {}
  let last = await look()

  async function look(): Promise<ProcessHealth> {
    const { user, system } = process.cpuUsage()
    // The sampler waits `RESOLUTION_MS` itself; what is longer is delay. Empty right after the start.
    const p99Ms = delay.percentile(99) / 1e6 - RESOLUTION_MS
    delay.reset()
    const disk = await statfs(dir).catch(() => null)
    return {
      uptimeSeconds: process.uptime(),
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      loopLagP99Seconds: Math.max(0, p99Ms) / 1000,
      diskFreeBytes: disk ? disk.bavail * disk.bsize : null,
      diskTotalBytes: disk ? disk.blocks * disk.bsize : null,
    }
  }
  function lookLater(): void {
    cancel = clock.after(LOOK_EVERY_MS, () => {
      void look().then(seen => {
        last = seen
        if (!closed) lookLater()
      })
    })
  }
  lookLater()
  return {
    read: () => last,
    close: () => {
      closed = true
      cancel()
      delay.disable()
    },
  }
}
