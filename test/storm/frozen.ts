import { loadOf } from '#sim/demo/process-load.ts'
import { sleep } from '../crash/life.ts'
import { quantile } from '../oracle/quantile.ts'
import { monotonicMs } from './fleet-words.ts'
import { delaysOf, openPage } from './page.ts'
import type { Page } from './page.ts'
import type { StormHouse } from './storm-run.ts'

const SPEAK_EVERY_MS = 2_000
const READERS = 3
/** From the moment a page freezes: until then what it no longer reads still fits into the buffers on the way. */
const FILL_MS = 4_000
const GRACE_MS = 2_000

type Window = {
  readonly messages: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly gatewayCpuSeconds: number
}

export type FrozenCost = {
  readonly pairs: number
  readonly readers: number
  readonly messagesPerWindow: number
  /** Median over the pairs of (with a frozen page / without); 1 is no cost. */
  readonly messages: number
  readonly p50: number
  readonly p99: number
  readonly gatewayCpu: number
  readonly p50Ms: { readonly without: number; readonly with: number }
  readonly p99Ms: { readonly without: number; readonly with: number }
}

/** What three reading pages get while the fleet speaks, with and without a fourth that has stopped reading; in turns. */
export async function frozenCost(house: StormHouse, pairs: number, windowMs: number): Promise<FrozenCost> {
  const { gateway, fleet } = house
  fleet.tell({ type: 'speak', everyMs: SPEAK_EVERY_MS })
  const readers = await Promise.all(Array.from({ length: READERS }, () => openPage(gateway.pages)))
  await sleep(GRACE_MS)
  const [withOut, withOne]: [Window[], Window[]] = [[], []]
  for (let pair = 0; pair < pairs; pair++) {
    // Which comes first changes from pair to pair, so that a drift of the machine favours neither.
    for (const isFrozen of pair % 2 === 0 ? [false, true] : [true, false]) {
      // Before either a page joins, to whom 2,000 units are told; it freezes, or it leaves again.
      const page = await openPage(gateway.pages)
      if (isFrozen) page.freeze()
      else page.close()
      await sleep(FILL_MS)
      const window = await oneWindow(house, readers, windowMs)
      ;(isFrozen ? withOne : withOut).push(window)
      if (isFrozen) page.close()
    }
  }
  for (const reader of readers) reader.close()
  const ratio = (of: (window: Window) => number): number =>
    rounded(
      quantile(
        withOne.map((window, i) => of(window) / of(withOut[i]!)),
        0.5,
      ),
    )
  const median = (windows: readonly Window[], of: (window: Window) => number): number =>
    rounded(quantile(windows.map(of), 0.5))
  const both = (of: (window: Window) => number) => ({
    without: median(withOut, of),
    with: median(withOne, of),
  })
  return {
    ...{ pairs, readers: READERS },
    messagesPerWindow: Math.round(median(withOut, window => window.messages)),
    messages: ratio(window => window.messages),
    p50: ratio(window => window.p50Ms),
    p99: ratio(window => window.p99Ms),
    gatewayCpu: ratio(window => window.gatewayCpuSeconds),
    p50Ms: both(window => window.p50Ms),
    p99Ms: both(window => window.p99Ms),
  }
}

async function oneWindow(house: StormHouse, readers: readonly Page[], windowMs: number): Promise<Window> {
  const cpu = (): number => loadOf(house.life().pid)?.cpuSeconds ?? NaN
  const messages = (): number => readers.reduce((sum, reader) => sum + reader.messages(), 0)
  const [fromMs, cpuBefore, messagesBefore] = [monotonicMs(), cpu(), messages()]
  await sleep(windowMs)
  const [toMs, cpuAfter, messagesAfter] = [monotonicMs(), cpu(), messages()]
  await sleep(GRACE_MS)
  const { sentMs } = await house.fleet.report()
  const span = { fromMs, toMs }
  const delays = readers.flatMap(reader => delaysOf(reader, sentMs, house.unitIds, span))
  return {
    messages: messagesAfter - messagesBefore,
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    gatewayCpuSeconds: (cpuAfter - cpuBefore) / ((toMs - fromMs) / windowMs),
  }
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000
