import type { SystemVolts } from '#agent/power/battery-curve.ts'

/*
 * A car's battery and what hangs on it, as a voltage over time. Good enough to try a power plan on, no chemistry:
 *
 *     engine runs   14.2 V, after two seconds in which the alternator comes up
 *     at rest       the resting voltage of its charge, minus the load over its inner resistance
 *     cranking      a dip for a second, lower and longer the colder it is and the less charge there is
 */
export type SimBattery = {
  /** At `nowMs`, as a meter at the computer reads it. */
  volts(nowMs: number): number
  /** Charge 0..1. */
  readonly charge: number
  /** As somebody left the lights on, or charged it. */
  setCharge(charge: number, nowMs: number): void
  /** Whether the engine charges it; a broken belt does not. */
  alternator: boolean
  crank(nowMs: number): void
  stopEngine(nowMs: number): void
  readonly engine: boolean
}

export type SimBatteryOptions = {
  readonly system?: SystemVolts
  readonly charge?: number
  readonly ampereHours?: number
  /** Of computer, radio and lights with the engine off. */
  readonly loadAmperes?: number
  readonly celsius?: number
}

const ALTERNATOR_VOLTS = 14.2
const ALTERNATOR_AMPERES = 20
const COMES_UP_MS = 2_000
const INNER_OHMS = 0.02

export function createBattery(options: SimBatteryOptions = {}): SimBattery {
  const { system = 12, ampereHours = 70, loadAmperes = 6, celsius = 20 } = options
  let charge = options.charge ?? 0.9
  let lastMs = 0
  let crankMs = -Infinity
  let engineMs: number | null = null
  let alternator = true
  const coldness = Math.max(0, (20 - celsius) / 40)
  const crankForMs = 700 + 1_500 * coldness
  const pass = (nowMs: number): void => {
    const hours = Math.max(0, nowMs - lastMs) / 3_600_000
    lastMs = Math.max(lastMs, nowMs)
    const amperes = engineMs === null || !alternator ? -loadAmperes : ALTERNATOR_AMPERES
    charge = Math.min(1, Math.max(0, charge + (amperes * hours) / ampereHours))
  }
  const resting = (): number => 11.89 + 0.76 * charge - (charge < 0.05 ? 2 * (0.05 - charge) * 20 : 0)
  return {
    get charge() {
      return charge
    },
    get engine() {
      return engineMs !== null
    },
    get alternator() {
      return alternator
    },
    set alternator(next: boolean) {
      alternator = next
    },
    setCharge: (next, nowMs) => {
      pass(nowMs)
      charge = next
    },
    crank: nowMs => {
      pass(nowMs)
      crankMs = nowMs
      engineMs = nowMs + crankForMs
    },
    stopEngine: nowMs => {
      pass(nowMs)
      engineMs = null
    },
    volts: nowMs => {
      pass(nowMs)
      const one = (): number => {
        if (nowMs - crankMs < crankForMs) return 9 - 2 * coldness - 1.5 * (1 - charge)
        const idle = resting() - loadAmperes * INNER_OHMS
        if (engineMs === null || nowMs < engineMs || !alternator) return idle
        return idle + (ALTERNATOR_VOLTS - idle) * Math.min(1, (nowMs - engineMs) / COMES_UP_MS)
      }
      return one() * (system === 24 ? 2 : 1)
    },
  }
}
