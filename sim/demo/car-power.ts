import { join } from 'node:path'
import { loadFittings, saveFittings } from '#agent/fittings-file.ts'
import { NOTHING_FITTED } from '#agent/fittings.ts'
import { PowerConfig } from '#agent/power/power-config.ts'
import type { Port } from '#hardware/port.ts'
import { ok } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { UnitControls } from '../control/knobs.ts'
import { createBattery } from '../power/battery.ts'
import { attachElm } from '../tools/sim-elm.ts'
import type { SimEcu } from '../tools/sim-tools.ts'

/*
 * A car around its computer: key, engine, battery, and an OBD adapter that tells the volts.
 *
 *   key off   engine and wire off; the computer goes on alone, and ends in order after its delay
 *   key on    gives the computer power again, then the starter turns; a weak battery falls so low under it that the
 *             computer loses its power in the midst of whatever it does
 */
export type CarPower = Required<Pick<UnitControls, 'ignition' | 'battery'>> & { stop(): void }

/** The computer as its supply sees it. */
export type Supplied = { cut(): void; restore(): void; readonly isCut: boolean }

/** A visitor waits a minute, not a quarter of an hour. */
const POWER_OF_DEMO: Partial<PowerConfig> = { delayMs: 45_000, lowForMs: 10_000 }
const ELM_BAUD = 38_400

/** What the car is fitted with, beside what its technician left there. Throws when the directory refuses. */
export async function fitPower(dir: string, power: Partial<PowerConfig> = POWER_OF_DEMO): Promise<string> {
  const path = join(dir, 'obd')
  const known = await loadFittings(dir)
  const saved = await saveFittings(dir, {
    ...(known.ok ? known.value : NOTHING_FITTED),
    can: { kind: 'elm327', path, baud: ELM_BAUD, ignition: false, silenceMeans: 'unknown' },
    power: PowerConfig.parse(power),
  })
  if (!saved.ok) throw new Error(`${saved.detail} [${saved.code}]`)
  return path
}

const MEASURE_EVERY_MS = 100
const STARTER_AFTER_MS = 1_500
/** A vehicle computer's supply holds down to about here. */
const BROWN_OUT_VOLTS = 8
const CHARGE = { good: 0.9, weak: 0.04 } as const

/** Key and battery of one car; `wire` is its ignition contact, `drives` whether the car may move. */
export function openCarPower(parts: {
  readonly obd: Port
  readonly clock: Clock
  readonly computer: Supplied
  readonly wire: (on: boolean) => void
  readonly drives: (on: boolean) => void
}): CarPower {
  const { clock, computer } = parts
  const battery = createBattery({ charge: CHARGE.good })
  const nowMs = (): number => clock.now().monoMs
  const ecu: SimEcu = { awake: true, speedKmh: 0, rpm: 800, volts: battery.volts(nowMs()) }
  attachElm(parts.obd, clock, ecu)
  let key: 'on' | 'off' = 'on'
  let health: keyof typeof CHARGE = 'good'
  let isBrown = false
  let cancelStarter = (): void => {}
  let cancelMeasure = (): void => {}

  const measure = (): void => {
    ecu.volts = battery.volts(nowMs())
    if (ecu.volts < BROWN_OUT_VOLTS && !computer.isCut) {
      isBrown = true
      computer.cut()
    } else if (isBrown && ecu.volts >= BROWN_OUT_VOLTS) {
      isBrown = false
      computer.restore()
    }
    cancelMeasure = clock.after(MEASURE_EVERY_MS, measure)
  }
  const turnKey = (to: 'on' | 'off'): void => {
    if (to === key) return
    key = to
    ecu.awake = to === 'on'
    parts.wire(to === 'on')
    cancelStarter()
    if (to === 'off') {
      battery.stopEngine(nowMs())
      return parts.drives(false)
    }
    computer.restore()
    cancelStarter = clock.after(STARTER_AFTER_MS, () => {
      battery.crank(nowMs())
      parts.drives(true)
    })
  }
  battery.crank(nowMs() - 60_000)
  measure()
  return {
    ignition: { read: () => key, turn: to => ok(turnKey(to)) },
    battery: {
      read: () => health,
      turn: to => {
        health = to
        battery.setCharge(CHARGE[to], nowMs())
        battery.alternator = to === 'good'
        return ok(undefined)
      },
    },
    stop: () => {
      cancelStarter()
      cancelMeasure()
    },
  }
}
