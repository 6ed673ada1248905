import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import type { HealthCheck } from '#protocols/technician.ts'
import type { Now } from '#protocols/time.ts'
import { rfc3339 } from '#protocols/time.ts'

const GB = 1e9
/** The outbox may grow to half a gigabyte and keeps a ballast beside it. */
const DISK_GB_GOOD = 2
const DISK_GB_BAD = 0.7
const MEMORY_GB_POOR = 0.2

/** The computer itself: clock, disk, memory, software, and whether its data directory can be written. */
export async function computerHealth(dir: string, now: Now, software: string): Promise<HealthCheck[]> {
  const writable = await mkdir(dir, { recursive: true, mode: 0o700 })
    .then(() => access(dir, constants.W_OK))
    .then(() => true)
    .catch(() => false)
  const space = await statfs(dir).catch(() => null)
  const freeGb = space === null ? 0 : (space.bavail * space.bsize) / GB
  return [
    {
      name: 'clock',
      grade: now.quality === 'none' ? 'poor' : 'good',
      value: `${rfc3339(now.utcMs).slice(0, 19).replace('T', ' ')} UTC`,
      code: now.quality === 'none' ? 'CLOCK_UNSET' : null,
    },
    {
      name: 'disk',
      grade: freeGb >= DISK_GB_GOOD ? 'good' : freeGb >= DISK_GB_BAD ? 'poor' : 'bad',
      value: `${freeGb.toFixed(1)} GB`,
      code: freeGb >= DISK_GB_GOOD ? null : 'DISK_SHORT',
    },
    {
      name: 'memory',
      grade: freemem() / GB >= MEMORY_GB_POOR ? 'good' : 'poor',
      value: `${(freemem() / GB).toFixed(1)} / ${(totalmem() / GB).toFixed(1)} GB`,
      code: freemem() / GB >= MEMORY_GB_POOR ? null : 'MEMORY_SHORT',
    },
    { name: 'version', grade: 'good', value: `${software}, Node ${process.versions.node}`, code: null },
    {
      name: 'data',
      grade: writable ? 'good' : 'bad',
      value: dir,
      code: writable ? null : 'DIR_UNWRITABLE',
    },
  ]
}
