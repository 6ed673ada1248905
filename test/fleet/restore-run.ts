import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AlarmView } from '#protocols/api.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { randomOf } from '#sim/random.ts'
import { ledgerOf, mortalGateway, openTown } from '../crash/gateway.ts'
import { sleep, within } from '../crash/life.ts'
import { auditLedger } from '../crash/receipts.ts'
import { openCarrierCar } from './carrier-car.ts'
import type { CarrierCar } from './carrier-car.ts'
import { draftAt, patrol } from './drive.ts'
import { enrolFleet } from './enrolled.ts'

export type RestoreRun = {
  readonly cars: number
  /** Seconds of driving at one position a second, compressed: before the backup, from it to the end of the disk, after. */
  readonly before: number
  readonly since: number
  readonly after: number
}

/** Seconds of a car's life taken at once, one of them with an alarm and an event. */
const STRIDE = 60
const ALL_IN_WITHIN_MS = 300_000

/**
 * A fleet reports, a backup is taken meanwhile, the fleet goes on for an hour, and the gateway's disk is gone. The backup is
 * restored, the gateway started from it, and nobody tells the fleet: every record a car ever accepted must be in the new
 * ledger once, every alarm in the list once.
 */
export async function restoreRun(run: RestoreRun, say: (words: string) => void = () => {}) {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-restore-'))
  const logFile = openSync(join(dir, 'gateway.log'), 'a')
  const [data, copy] = [join(dir, 'gateway'), join(dir, 'backup')]
  const identities = await enrolFleet(data, run.cars)
  const gateway = mortalGateway(data, await openTown(dir), logFile)
  let life = await gateway.start()
  const clock = openRealClock()
  const fleet = identities.map((identity, i) => ({
    car: openCarrierCar({
      ...{ identity, clock, mqttUrl: gateway.mqtt },
      ...{ backfillBytesPerS: 1_000_000, backoffMaxMs: 1_000 },
    }),
    next: patrol(randomOf(i + 1, 'restore', 'patrol')),
  }))
  const drive = async (seconds: number): Promise<void> => {
    for (let s = 0; s < seconds; s += STRIDE) {
      await Promise.all(fleet.map(({ car, next }) => stride(car, next, clock.now)))
      await sleep(20)
    }
  }
  const delivered = (): Promise<boolean> =>
    within(ALL_IN_WITHIN_MS, () => fleet.every(({ car }) => car.waiting() === 0))
  const reach5 = async (...args: readonly string[]): Promise<Record<string, number>> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['dist/reach5.js', ...args])
    return JSON.parse(stdout) as Record<string, number>
  }

  await drive(run.before)
  await delivered()
  const [backup] = await Promise.all([reach5('backup', '--data', data, '--to', copy), drive(STRIDE * 3)])
  say(`backup taken with ${backup['records']} records`)
  await drive(run.since)
  if (!(await delivered())) throw new Error('the fleet was not heard before the disk went')
  const acknowledged = fleet.reduce((sum, { car }) => sum + car.accepted.length, 0)
  await life.kill()
  renameSync(data, `${data}-gone`)
  const [restored] = await Promise.all([reach5('restore', '--from', copy, '--data', data), drive(run.after)])
  say(`restored with ${restored['records']} records; the fleet had been acknowledged ${acknowledged}`)
  const startedMs = performance.now()
  life = await gateway.start()
  await drive(run.after)
  const all = await delivered()
  const replayMs = performance.now() - startedMs
  const alarms = await alarmsOf(gateway.pages)
  const panics = fleet.flatMap(({ car }) => car.accepted.filter(r => r.kind === 'panic')).length
  await Promise.all(fleet.map(({ car }) => car.close()))
  await life.stop()

  const tally = { accepted: 0, effective: 0, lost: 0, changed: 0, doubled: 0, holes: 0 }
  for (const { car } of fleet) {
    const receipts = new Map(car.accepted.map(r => [`${r.epoch}/${r.lane}/${r.seq}`, r.sum]))
    const audit = auditLedger(receipts, await ledgerOf(data, car.deviceId))
    tally.accepted += audit.accepted
    tally.effective += audit.effective
    tally.lost += audit.lost.length
    tally.changed += audit.changed.length
    tally.doubled += audit.doubled.length
    tally.holes += audit.holes.length
  }
  closeSync(logFile)
  rmSync(dir, { recursive: true, force: true })
  const replayed = acknowledged - backup['records']!
  const wrong = tally.lost + tally.changed + tally.doubled + tally.holes
  const alarmsOnce = new Set(alarms).size === panics && alarms.length === panics
  return {
    holds: all && wrong === 0 && tally.effective === tally.accepted && replayed > 0 && alarmsOnce,
    cars: run.cars,
    secondsSinceBackup: run.since,
    inBackup: backup['records'],
    acknowledgedBeforeLoss: acknowledged,
    replayed,
    replaySeconds: Math.round(replayMs / 100) / 10,
    ...tally,
    panics,
    alarmsListed: alarms.length,
  }
}

async function stride(
  car: CarrierCar,
  next: ReturnType<typeof patrol>,
  now: ReturnType<typeof openRealClock>['now'],
): Promise<void> {
  const at = now()
  const drafts = Array.from({ length: STRIDE }, () =>
    draftAt('track', 'position', next(at.utcMs), at, '00000000000000bb'),
  )
  await car.append(drafts)
  await car.append([
    draftAt('event', 'unit.status', { availability: 'available' }, at, '00000000000000bb'),
    draftAt(
      'alarm',
      'panic',
      { source: 'input', position: null, positionAgeMs: null },
      at,
      '00000000000000bb',
    ),
  ])
}

async function alarmsOf(pages: string): Promise<readonly string[]> {
  const answer = await fetch(`${pages}/v1/alarms`)
  const { alarms } = (await answer.json()) as { alarms: AlarmView[] }
  return alarms.filter(alarm => alarm.kind === 'panic').map(alarm => alarm.id)
}
