import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { saveIdentity } from '#agent/provisioning/load-identity.ts'
import type { AlarmView } from '#protocols/api.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Clock } from '#protocols/time.ts'
import { randomOf } from '#sim/random.ts'
import { ledgerOf, mortalGateway, openTown } from '../crash/gateway.ts'
import { sleep, startLife, within } from '../crash/life.ts'
import { newBootId, openCarrierCar } from './carrier-car.ts'
import { draftAt, patrol } from './drive.ts'
import { enrolFleet, sure } from './enrolled.ts'
import { plainAudit } from './plain-audit.ts'
import { cpuSeconds } from './cpu.ts'
import { watchStream } from './stream-watch.ts'
import { openThinLink } from './thin-link.ts'

const HOUR_S = 3_600
const GROUP = 500
const EDGES_PER_HOUR = 20
const BITS_PER_S = 256_000
/** The bound of a broken build. */
const GIVE_UP_MS = 20 * 60_000

export type OfflineRun = { readonly hours: number; readonly panicAtHour: number }

/**
 * A car is out of reach for `hours` at one position a second: its real store fills on simulated time, its computer is started
 * on it once and taken away again, then a link of 256 kbit/s comes back on real time. Live must be current at once, the
 * backlog drain behind it, no old position show on the map, and the panic alarm with its true age.
 */
export async function offlineRun(run: OfflineRun, say: (words: string) => void = () => {}) {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-offline-'))
  const logs = ['gateway', 'agent'].map(name => openSync(join(dir, `${name}.log`), 'a')) as [number, number]
  const [identity] = await enrolFleet(join(dir, 'gateway'), 1)
  const gateway = mortalGateway(join(dir, 'gateway'), await openTown(dir), logs[0])
  const life = await gateway.start()
  const link = await openThinLink({ port: Number(new URL(gateway.mqtt).port) }, BITS_PER_S)
  const home = join(dir, 'car')
  mkdirSync(home)
  sure(await saveIdentity(home, identity!))
  const clock = longClock(run.hours * HOUR_S)
  const bootId = newBootId()
  const open = (): Promise<Outbox> =>
    openLevelOutbox(join(home, 'outbox'), clock, { bootId, mintEpoch: newBootId })

  const before = await open()
  const stored = await fill(before, clock, run, bootId, say)
  const storeBytes = before.bytesUsed()
  await before.close()
  const boot = await bootOfAgent(home, logs[1])
  const openedMs = performance.now()
  const outbox = await open()
  const openMs = Math.round(performance.now() - openedMs)
  say(
    `${stored.length} records stored; the agent is ready after ${boot.wallMs} ms (${boot.cpuMs} of work), its store opens in ${openMs} ms`,
  )

  const shown: { readonly fixUtcMs: number; readonly ageMs: number }[] = []
  const stopWatching = watchStream(gateway.pages, message => {
    const units =
      message.type === 'snapshot' ? message.data.units : message.type === 'unit.changed' ? [message.data] : []
    for (const { position, at } of units)
      if (position) shown.push({ fixUtcMs: Date.parse(at) - position.ageMs, ageMs: position.ageMs })
  })
  // By the gateway's clock, which is this machine's; the car's own ran while its store was filled.
  const backUtcMs = Date.now()
  const reconnectMs = performance.now()
  let connectedMs: number | null = null
  const car = openCarrierCar({
    ...{ identity: identity!, clock, outbox, bootId },
    mqttUrl: `mqtts://127.0.0.1:${link.port}`,
    onLink: state => {
      if (state === 'up') connectedMs ??= performance.now()
    },
  })
  const next = patrol(randomOf(2, 'offline', 'live'))
  await car.report(next(clock.now().utcMs))
  const current = await within(60_000, () => shown.some(({ fixUtcMs }) => fixUtcMs >= backUtcMs - 1_000))
  const liveAfterMs = Math.round(performance.now() - (connectedMs ?? reconnectMs))
  let [liveAgeMsMax, alarm, alarmAgeErrorMs] = [0, null as AlarmView | null, NaN]
  const drainStartMs = connectedMs ?? reconnectMs
  while (car.waiting() > 0 && performance.now() - drainStartMs < GIVE_UP_MS) {
    await sleep(1_000)
    await car.report(next(clock.now().utcMs))
    const newest = Math.max(...shown.map(({ fixUtcMs }) => fixUtcMs))
    liveAgeMsMax = Math.max(liveAgeMsMax, Date.now() - newest)
    if (alarm === null) {
      alarm = await panicOf(gateway.pages)
      const trueAgeMs = clock.now().monoMs - run.panicAtHour * HOUR_S * 1_000
      if (alarm !== null) alarmAgeErrorMs = Math.round(Math.abs(alarm.ageMs - trueAgeMs))
    }
    // What a drained car appends each second is not a backlog.
    if (car.waiting() <= 1) break
  }
  const drainSeconds = Math.round((performance.now() - drainStartMs) / 100) / 10
  await within(10_000, () => car.waiting() === 0)
  const accepted = [...stored, ...car.accepted]
  await car.close()
  stopWatching()
  await life.stop()
  await link.close()
  const { rows } = await ledgerOf(join(dir, 'gateway'), identity!.deviceId)
  const audit = plainAudit(accepted, rows)
  const oldShown = shown.filter(({ fixUtcMs }) => fixUtcMs < backUtcMs - 1_000).length
  logs.forEach(closeSync)
  rmSync(dir, { recursive: true, force: true })
  const wrong = audit.lost + audit.changed + audit.doubled + audit.holes
  return {
    holds:
      current &&
      liveAfterMs < 5_000 &&
      liveAgeMsMax < 5_000 &&
      drainSeconds < 900 &&
      oldShown === 0 &&
      alarmAgeErrorMs < 2_000 &&
      boot.cpuMs < 3_000 &&
      wrong === 0,
    hours: run.hours,
    stored: stored.length,
    storeBytes,
    /** On a machine that does nothing else the first comes near the second. */
    agentReadyMs: boot.wallMs,
    agentReadyCpuMs: boot.cpuMs,
    storeOpenMs: openMs,
    linkBitsPerS: BITS_PER_S,
    liveAfterReconnectMs: liveAfterMs,
    liveAgeMsMax: Math.round(liveAgeMsMax),
    drainSeconds,
    bytesUp: link.bytes.up,
    bytesPerRecord: Math.round((10 * link.bytes.up) / accepted.length) / 10,
    positionsShown: shown.length,
    oldPositionsShown: oldShown,
    alarm: alarm && { ageSeconds: Math.round(alarm.ageMs / 1000), errorMs: alarmAgeErrorMs },
    ...audit,
  }
}

/** Stands at the beginning of the outage until it is set; once released it goes on in real time from where it stands. */
type LongClock = Clock & { set(seconds: number): void; release(): void }

function longClock(seconds: number): LongClock {
  const beganUtcMs = Date.now() - seconds * 1_000
  let [monoMs, releasedMs]: [number, number | null] = [0, null]
  const at = (): number => (releasedMs === null ? monoMs : monoMs + performance.now() - releasedMs)
  return {
    now: () => ({ monoMs: at(), utcMs: Math.round(beganUtcMs + at()), quality: 'gnss' }),
    after: (ms, run) => {
      const timer = setTimeout(run, Math.max(0, ms))
      return () => clearTimeout(timer)
    },
    set: s => void (monoMs = s * 1_000),
    release: () => void (releasedMs = performance.now()),
  }
}

async function fill(
  outbox: Outbox,
  clock: LongClock,
  { hours, panicAtHour }: OfflineRun,
  bootId: string,
  say: (words: string) => void,
): Promise<readonly WireRecord[]> {
  const next = patrol(randomOf(1, 'offline', 'patrol'))
  const stored: WireRecord[] = []
  let group: RecordDraft[] = []
  for (let second = 0; second < hours * HOUR_S; second++) {
    clock.set(second)
    const now = clock.now()
    group.push(draftAt('track', 'position', next(now.utcMs), now, bootId))
    if (second % (HOUR_S / EDGES_PER_HOUR) === 0)
      group.push(draftAt('event', 'unit.status', { availability: 'available' }, now, bootId))
    if (second === panicAtHour * HOUR_S)
      group.push(
        draftAt('alarm', 'panic', { source: 'input', position: null, positionAgeMs: null }, now, bootId),
      )
    if (group.length >= GROUP || second === hours * HOUR_S - 1) {
      stored.push(...sure(await outbox.append(group)))
      group = []
    }
    if ((second + 1) % (12 * HOUR_S) === 0) say(`${(second + 1) / HOUR_S} h of ${hours} stored`)
  }
  clock.set(hours * HOUR_S)
  clock.release()
  return stored
}

/** The agent that ships, on that store, with nobody to talk to; killed once it was ready. */
async function bootOfAgent(home: string, logFile: number): Promise<{ wallMs: number; cpuMs: number }> {
  const life = startLife(
    'dist/agent.js',
    ['--data', home, '--terminal-port', '0', '--mqtt-url', 'mqtts://127.0.0.1:1'],
    { logFile },
  )
  const ready = await life.ready
  if (ready === null) throw new Error('the agent did not start on the full store')
  const cpuMs = Math.round(1_000 * cpuSeconds(life.pid))
  await life.kill()
  return { wallMs: Math.round(ready.afterMs), cpuMs }
}

async function panicOf(pages: string): Promise<AlarmView | null> {
  const answer = await fetch(`${pages}/v1/alarms`)
  const { alarms } = (await answer.json()) as { alarms: AlarmView[] }
  return alarms.find(alarm => alarm.kind === 'panic') ?? null
}
