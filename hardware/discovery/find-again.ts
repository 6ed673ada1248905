import type { Clock } from '#protocols/time.ts'
import type { Place } from '../line/line-state.ts'
import type { OpenPort } from '../port.ts'
import { clearChoice, findDevices } from './find-devices.ts'
import type { ListPorts } from './serial-names.ts'

/**
 * Where a receiver went that is no longer under its name: the one other line that is surely a receiver. Only listens; a
 * module that has to be asked is looked for by a technician, who knows what else is plugged in. Two that could be it
 * are none.
 */
export const lookForReceiver =
  (open: OpenPort, list: ListPorts, clock: Clock, known: readonly string[]) =>
  async (): Promise<Place | null> => {
    const others = (await list()).filter(path => !known.includes(path))
    const findings = await findDevices(open, others, clock, undefined, () => ({ listenOnly: true }))
    const found = clearChoice(findings, 'gnss')
    return found && found.baud !== null ? { path: found.path, baud: found.baud } : null
  }
