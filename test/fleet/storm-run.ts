import type { UnitView } from '#protocols/api.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openTcpProxy } from '#sim/link/tcp-proxy.ts'
import { randomOf } from '#sim/random.ts'
import { sleep, within } from '../crash/life.ts'
import { quantile } from '../oracle/quantile.ts'
import { openCarrierCar } from './carrier-car.ts'
import { openCommandCentre } from './command-centre.ts'
import { startCrowd } from './crowd.ts'
import { patrol } from './drive.ts'
import { watchStream } from './stream-watch.ts'

const UP_WITHIN_MS = 240_000
const PROBE_EVERY_MS = 200

/**
 * Every device loses its link in the same moment and may come back in the same moment, each with a full handshake. How long
 * until all are live again, and how late the pages hear of a car that was never gone.
 */
export async function stormRun(run: { readonly devices: number }, say: (words: string) => void = () => {}) {
  const centre = await openCommandCentre(run.devices + 1)
  const [identity, ...others] = centre.identities
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: Number(new URL(centre.gateway.mqtt).port) })
  const clock = openRealClock()
  const crowd = startCrowd(
    {
      ...{ identities: others, mqttUrl: `mqtts://127.0.0.1:${proxy.port}`, backlog: 0 },
      ...{ backfillBytesPerS: 20 * 1024, backoffMaxMs: 2_000, reportEveryMs: 10_000 },
    },
    2,
  )
  const allUp = (): boolean => crowd.said().up === run.devices
  if (!(await within(UP_WITHIN_MS, allUp))) throw new Error(`only ${crowd.said().up} ever connected`)
  say(`${run.devices} connected`)
  const probe = openCarrierCar({ identity: identity!, clock, mqttUrl: centre.gateway.mqtt })
  const seen = new Map<number, number>()
  const stop = watchStream(centre.gateway.pages, (message, atMs) => {
    if (message.type !== 'unit.changed' || message.data.id !== 'unit-0001') return
    const marker = Math.round((message.data.position?.speedMps ?? 0) * 100)
    if (!seen.has(marker)) seen.set(marker, atMs)
  })
  const next = patrol(randomOf(1, 'storm', 'probe'))
  const sent = new Map<number, number>()
  let probes = 0
  const probing = setInterval(() => {
    const marker = ++probes
    sent.set(marker, performance.now())
    // The speed names the report.
    void probe.report({ ...next(clock.now().utcMs), speedMps: marker / 100 })
  }, PROBE_EVERY_MS)
  await sleep(3_000)
  const before = proxy.total
  proxy.set('reset')
  await within(10_000, () => crowd.said().up === 0)
  const stormMs = performance.now()
  const firstProbe = probes + 1
  proxy.set('up')
  const connected = await within(UP_WITHIN_MS, allUp)
  const connectedMs = performance.now() - stormMs
  const live = await within(UP_WITHIN_MS, async () => (await liveUnits(centre.gateway.pages)) >= run.devices)
  const liveMs = performance.now() - stormMs
  const lastProbe = probes
  await sleep(3_000)
  clearInterval(probing)
  const delays = [...sent]
    .filter(([marker]) => marker >= firstProbe && marker <= lastProbe)
    .map(([marker, ms]) => delayOf(seen, marker) - ms)
    .filter(Number.isFinite)
  crowd.close()
  stop()
  await probe.close()
  await proxy.close()
  await centre.close()
  const p99 = quantile(delays, 0.99)
  return {
    holds: connected && live && liveMs < 15_000 && p99 < 2_000,
    devices: run.devices,
    connectedSeconds: Math.round(connectedMs / 100) / 10,
    liveSeconds: Math.round(liveMs / 100) / 10,
    handshakes: proxy.total - before,
    streamProbes: delays.length,
    streamP50Ms: Math.round(quantile(delays, 0.5)),
    streamP99Ms: Math.round(p99),
  }
}

/** When a report, or one after it, was shown: a newer place takes the older one's turn. */
const delayOf = (seen: ReadonlyMap<number, number>, marker: number): number =>
  Math.min(...[...seen].filter(([of]) => of >= marker).map(([, ms]) => ms))

async function liveUnits(pages: string): Promise<number> {
  const answer = await fetch(`${pages}/v1/units`)
  const { units } = (await answer.json()) as { units: UnitView[] }
  return units.filter(unit => unit.freshness === 'live').length
}
