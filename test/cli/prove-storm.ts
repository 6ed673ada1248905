import { getPriority, loadavg } from 'node:os'
import { declarePackets } from '../storm/declared.ts'
import { putFirst } from '../storm/fleet.ts'
import { frozenCost } from '../storm/frozen.ts'
import { connectAll, openStormHouse, storm } from '../storm/storm-run.ts'
import type { Storm } from '../storm/storm-run.ts'
import type { Finding } from './evidence.ts'

const DEVICES = 2_000
const STORMS = 3
const ALL_LIVE_S_MAX = 15
const STREAM_P99_MS_MAX = 2_000
/** Pairs of windows without and with a frozen page. */
const PAIRS = 16
const WINDOW_MS = 6_000
const COST_MAX = 1.05
const DECLARED = 20
/** What a gateway may need to close twenty of them: buffers of sockets, not packets. */
const GROWTH_MB_MAX = 32
/** Other work of the machine is not what is measured. */
const PRIORITY = -10

/** The gateway that ships, killed and started again under 2,000 devices that all dial in the moment it is back. */
export async function proveStorm(say: (words: string) => void): Promise<Finding> {
  putFirst(process.pid, PRIORITY)
  const house = await openStormHouse(DEVICES, PRIORITY)
  try {
    await connectAll(house)
    const storms: Storm[] = []
    for (let n = 0; n < STORMS; n++) {
      await house.crash()
      storms.push(await storm(house))
      say(JSON.stringify(storms.at(-1)))
    }
    const frozen = await frozenCost(house, PAIRS, WINDOW_MS)
    say(JSON.stringify(frozen))
    const declared = await declarePackets(house, DECLARED)
    say(JSON.stringify(declared))
    const worst = {
      allLiveS: Math.max(...storms.map(s => s.allLiveS)),
      streamP99Ms: Math.max(...storms.map(s => s.stream.p99Ms)),
      incidentsP99Ms: Math.max(...storms.map(s => s.incidents.p99Ms)),
    }
    const holds =
      storms.every(s => s.allLive && s.unitsLiveByApi === DEVICES) &&
      worst.allLiveS < ALL_LIVE_S_MAX &&
      Math.max(worst.streamP99Ms, worst.incidentsP99Ms) < STREAM_P99_MS_MAX &&
      frozen.messages >= 1 / COST_MAX &&
      Math.max(frozen.p50, frozen.gatewayCpu) <= COST_MAX &&
      declared.closed === DECLARED &&
      declared.gatewayGrewMb <= GROWTH_MB_MAX &&
      declared.refusalsLogged === DECLARED &&
      declared.devicesAudited === DECLARED
    return {
      holds,
      evidence: {
        devices: DEVICES,
        bound: { allLiveS: ALL_LIVE_S_MAX, p99Ms: STREAM_P99_MS_MAX, frozenCost: COST_MAX },
        worst,
        storms,
        frozen,
        declared,
        otherLoad: { loadAverageOneMinute: Math.round(10 * loadavg()[0]!) / 10, niceness: getPriority() },
      },
    }
  } finally {
    putFirst(process.pid, 0)
    await house.close()
  }
}
