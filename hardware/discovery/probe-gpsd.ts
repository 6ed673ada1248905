import type { Clock } from '#protocols/time.ts'
import type { PortFinding } from '#protocols/technician.ts'
import { GpsdDecoder } from '../gnss/gpsd-decoder.ts'
import type { OpenPort } from '../port.ts'

/** gpsd greets at once and reports once a second, whatever its receiver does. */
const LISTEN_MS = 3_500
/** Three reports are a receiver that works; fewer may be one that has just been opened. */
const SURE_REPORTS = 3

/** What is behind a gpsd: a receiver when it reports one, `silent` when it greets and has none. There is no speed to find. */
export async function probeGpsd(open: OpenPort, path: string, clock: Clock): Promise<PortFinding> {
  const nothing = { path, baud: null, score: 0, gnss: null, panel: null, fault: null } as const
  const opened = await open(path, { baud: 0 })
  if (!opened.ok)
    return {
      ...nothing,
      is: 'refused',
      fault: { code: opened.code === 'PORT_ABSENT' ? 'GPSD_ABSENT' : opened.code, detail: opened.detail },
    }
  const decoder = new GpsdDecoder()
  opened.value.onBytes(bytes => void decoder.feed(bytes))
  await new Promise<void>(resolve => void clock.after(LISTEN_MS, resolve))
  await opened.value.close()
  const { fixes, refused } = decoder.stats()
  if (fixes === 0) return { ...nothing, is: refused > 0 ? 'unclear' : 'silent' }
  const perSecond = (count: number): number => Math.round((count / (LISTEN_MS / 1000)) * 10) / 10
  return {
    ...nothing,
    is: 'gnss',
    score: fixes >= SURE_REPORTS ? 100 : 80,
    gnss: {
      validPerSecond: perSecond(fixes),
      invalidPerSecond: perSecond(refused),
      talkers: ['gpsd'],
    },
  }
}
