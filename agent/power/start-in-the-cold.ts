import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { BEGUN_AT_ONCE, advanceColdStart, beginColdStart, brownoutsOf } from './cold-start.ts'
import type { Begun } from './cold-start.ts'
import { openLastEnd, readLastEnd } from './last-end-file.ts'
import type { LastEndKeeper } from './last-end-file.ts'
import type { PowerConfig } from './power-config.ts'

/** Tells the volts of the supply until the returned function is called. */
export type Supply = (hear: (volts: number | null) => void) => () => void | Promise<void>

const LOOK_EVERY_MS = 100

/**
 * Before anything heavy is loaded: waits until the supply is steady, within the bound of `cold-start.ts`. Without a supply
 * that can be read nothing is waited for. `null` when `stopped` came first.
 */
export async function startInTheCold(
  dir: string,
  config: PowerConfig,
  supply: Supply | undefined,
  clock: Clock,
  log: Logger,
  stopped: Promise<unknown>,
): Promise<{ readonly begun: Begun; readonly lastEnd: LastEndKeeper } | null> {
  const brownouts = brownoutsOf(await readLastEnd(dir, log), config)
  const lastEnd = openLastEnd(dir, config, { brownouts }, log)
  if (supply === undefined) return { begun: { ...BEGUN_AT_ONCE, brownouts }, lastEnd }
  const begun = await waitUntilSteady(config, supply, clock, log, stopped, { brownouts, lastEnd })
  if (begun === null) await lastEnd.inOrder()
  else log.info({ event: 'power.begun', ...begun })
  return begun && { begun, lastEnd }
}

function waitUntilSteady(
  config: PowerConfig,
  supply: Supply,
  clock: Clock,
  log: Logger,
  stopped: Promise<unknown>,
  { brownouts, lastEnd }: { readonly brownouts: number; readonly lastEnd: LastEndKeeper },
): Promise<Begun | null> {
  const beganMs = clock.now().monoMs
  let start = beginColdStart(beganMs, brownouts)
  let newest: number | null = null
  return new Promise(resolve => {
    let isOver = false
    let cancel = (): void => {}
    let letGo: ReturnType<Supply> = () => {}
    const finish = (begun: Begun | null): void => {
      if (isOver) return
      isOver = true
      cancel()
      void Promise.resolve(letGo()).then(() => resolve(begun))
    }
    const look = (volts?: number): void => {
      if (isOver) return
      const nowMs = clock.now().monoMs
      const next = advanceColdStart(start, nowMs, config, volts)
      start = next.start
      if (next.why !== null)
        finish({ why: next.why, waitedMs: Math.round(nowMs - beganMs), brownouts, volts: newest })
    }
    const tick = (): void => {
      look()
      if (!isOver) cancel = clock.after(LOOK_EVERY_MS, tick)
    }
    letGo = supply(volts => {
      if (volts === null) return
      if (newest === null) log.info({ event: 'power.supply', volts, brownouts })
      newest = volts
      lastEnd.hear(volts)
      look(volts)
    })
    void stopped.then(() => finish(null))
    tick()
  })
}
