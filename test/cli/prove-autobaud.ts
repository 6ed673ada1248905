import { RECEIVER_SPEEDS } from '#hardware/line/speed-hunt.ts'
import { randomOf } from '#sim/random.ts'
import { fits, tuningRun } from '../ports/tuning-run.ts'
import type { Finding } from './evidence.ts'

const PERIODS_MS = [1_000, 500, 200, 100] as const
const HOURS = 24
const TROUBLE_EVERY_MS = 300_000

/** Every speed from every first guess at 1 to 10 Hz, then 24 simulated hours of trouble at each of them. */
export async function proveAutobaud(say: (words: string) => void): Promise<Finding> {
  const found = { cases: 0, right: 0, doNotFit: 0, bytesWritten: 0, slowestMs: 0 }
  for (const deviceBaud of RECEIVER_SPEEDS)
    for (const firstBaud of RECEIVER_SPEEDS)
      for (const periodMs of PERIODS_MS)
        for (const isQuiet of [false, true]) {
          if (!fits(periodMs, isQuiet, deviceBaud)) {
            found.doNotFit += 1
            continue
          }
          const run = await tuningRun({
            ...{
              deviceBaud,
              firstBaud,
              periodMs,
              isQuiet,
              isProved: false,
              hours: 1 / 60,
              troubleEveryMs: null,
            },
            random: randomOf(2026, `${deviceBaud} from ${firstBaud}`, `${periodMs} ${isQuiet}`),
          })
          found.cases += 1
          found.bytesWritten += run.bytesWritten
          if (run.lockedAt === deviceBaud && run.endsAt === deviceBaud && run.leftRight === 0)
            found.right += 1
          found.slowestMs = Math.max(found.slowestMs, Math.round(run.lockedAfterMs ?? Infinity))
        }
  say(`found: ${JSON.stringify(found)}`)
  const days = []
  for (const baud of RECEIVER_SPEEDS) {
    const run = await tuningRun({
      ...{ deviceBaud: baud, firstBaud: baud, isProved: true, periodMs: 1_000, isQuiet: true },
      ...{ hours: HOURS, troubleEveryMs: TROUBLE_EVERY_MS, random: randomOf(2026, `${baud}`, 'day') },
    })
    const { leftRight, opens, messages, troubles, endsAt, bytesWritten } = run
    days.push({ baud, hours: HOURS, leftRight, endsAt, opens, messages, troubles, bytesWritten })
    say(JSON.stringify(days.at(-1)))
  }
  const holds =
    found.cases > 0 &&
    found.right === found.cases &&
    found.bytesWritten === 0 &&
    days.every(day => day.leftRight === 0 && day.endsAt === day.baud && day.bytesWritten === 0)
  return { holds, evidence: { seed: 2026, found, days } }
}
