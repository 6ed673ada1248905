import { createServer } from 'node:net'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { stationPortsOf } from './flags.ts'
import type { DemoFlags } from './flags.ts'

const FLAGS = [
  'map-port',
  'enrol-port',
  'mqtt-port',
  'terminal-port',
  'sim-port',
  'kiosk-port',
  'desk-port',
] as const

/** Tells a taken port before a city is drawn for it. Fault: `PORT_IN_USE`, naming the flag. */
export async function findPortsFree(flags: DemoFlags): Promise<Result<void>> {
  const { kioskPort, deskPort } = stationPortsOf(flags)
  const named = { ...flags, 'kiosk-port': kioskPort, 'desk-port': deskPort }
  for (const flag of FLAGS)
    if (named[flag] !== 0 && !(await isFree(named[flag])))
      return fault(
        'PORT_IN_USE',
        `--${flag} ${named[flag]} is taken: stop what listens there or name another`,
      )
  return ok(undefined)
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
