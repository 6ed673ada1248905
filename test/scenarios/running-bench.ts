import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueCode } from '#agent/cli/enrol.ts'
import type { LedgerRow } from '#protocols/api.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel } from '#protocols/equipment.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { attachCarDevices } from '#sim/demo/car-devices.ts'
import { prepareWorld } from '#sim/demo/world.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { randomOf } from '#sim/random.ts'
import { startGateway } from './running-gateway.ts'

export const BENCH_DEVICE = 'ptu-31'

/**
 * A car on the bench: a receiver and an input module at the far ends of real pseudo-terminals, a third line with nothing
 * on it, and the real gateway process somewhere else. What a technician's computer can find, and hands to move it.
 */
export type RunningBench = {
  readonly dir: string
  /** Receiver, panel, and the line that stays silent. */
  readonly ports: readonly string[]
  readonly enrolUrl: string
  /** A one-time code for the car's computer. */
  code(): Promise<string>
  /** Moves what a person would move; brake and siren are wired crosswise, the door the wrong way round. */
  move(channel: Channel, on: boolean): void
  /** Puts the roof back over the antenna, or takes it away. */
  sky(open: boolean): void
  ledger(): Promise<readonly LedgerRow[]>
  close(): Promise<void>
}

const PLACE = { lat: 35.59, lon: 116.99, speedMps: 0, trackDeg: 0, fix: true }
const CROSSED: Readonly<Partial<Record<Channel, Channel>>> = { brake: 'siren', siren: 'brake' }

export async function openRunningBench(): Promise<RunningBench> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-bench-'))
  const log = openSync(join(dir, 'gateway.log'), 'a')
  const world = await prepareWorld({ seed: 1, junctions: 400 }, join(dir, 'city'))
  if (!world.ok) throw new Error(world.detail)
  const gateway = await startGateway(dir, world.value, log)
  const { pages, enrolment } = gateway.urls
  const lines = await Promise.all(
    ['gnss', 'panel', 'spare'].map(async name => {
      const line = await openPseudoTerminal({ linkPath: join(dir, name) })
      if (!line.ok) throw new Error(line.detail)
      return line.value
    }),
  )
  const clock = openRealClock()
  const truth = () => ({ ...PLACE, utcMs: clock.now().utcMs })
  const ends = { gnss: lines[0]!.port, panel: lines[1]!.port }
  const devices = attachCarDevices(ends, truth, clock, randomOf(1, BENCH_DEVICE, 'bench'))
  const move = (channel: Channel, on: boolean): void =>
    devices.panel.setContact(CHANNELS.indexOf(CROSSED[channel] ?? channel), channel === 'door' ? !on : on)
  move('door', false)
  return {
    dir,
    ports: lines.map(line => line.path),
    enrolUrl: enrolment,
    code: async () => {
      const issued = await issueCode(pages, {
        deviceId: BENCH_DEVICE,
        unitId: 'unit-31',
        callSign: '鼓楼31',
        homeGridId: null,
      })
      if (!issued.ok) throw new Error(issued.detail)
      return issued.value.code
    },
    move,
    sky: open => void (devices.receiver.mode = open ? 'on' : 'blocked'),
    ledger: async () => {
      const answer = await fetch(`${pages}/v1/devices/${BENCH_DEVICE}/records?limit=500`)
      return ((await answer.json()) as { records: LedgerRow[] }).records
    },
    close: async () => {
      devices.stop()
      await Promise.all(lines.map(line => line.unplug()))
      await gateway.process.stop()
      closeSync(log)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
