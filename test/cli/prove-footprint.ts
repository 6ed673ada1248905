import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { loadOf } from '#sim/demo/process-load.ts'
import { memoryOfDay, slopeMbPerHour } from '../footprint/day.ts'
import { eventually, openRunningHouse } from '../scenarios/running-house.ts'
import { sleep } from '../crash/life.ts'
import type { Finding } from './evidence.ts'

const RATIO_MAX = 2.2
const SLOPE_MB_PER_HOUR_MAX = 0.5
const HOURS = 24
const RUNNING_S = 60

/** The agent that ships beside an empty Node process, and 24 hours of its runtime in a few minutes. */
export async function proveFootprint(say: (words: string) => void): Promise<Finding> {
  const resident = await residentBeside(say)
  const day = await memoryOfDay(HOURS)
  const slopes = {
    heapMbPerHour: rounded(slopeMbPerHour(day, hour => hour.heapBytes)),
    residentMbPerHour: rounded(slopeMbPerHour(day, hour => hour.residentBytes)),
  }
  const holds =
    resident.ratio <= RATIO_MAX && Object.values(slopes).every(slope => slope < SLOPE_MB_PER_HOUR_MAX)
  const { fixes, edges, orders, links, published, records } = day.at(-1)!
  return {
    holds,
    evidence: {
      bound: { ratio: RATIO_MAX, mbPerHour: SLOPE_MB_PER_HOUR_MAX },
      resident,
      day: {
        hours: HOURS,
        ...{ fixes, edges, orders, links, published, records },
        ...slopes,
        heapMb: day.map(hour => mb(hour.heapBytes)),
        residentMb: day.map(hour => mb(hour.residentBytes)),
      },
      loadAverageOneMinute: Math.round(10 * loadavg()[0]!) / 10,
    },
  }
}

/** Receiver, panel, store, terminal and link at work for a minute; both processes looked at in the same seconds. */
async function residentBeside(say: (words: string) => void) {
  const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  const house = await openRunningHouse({ broker: { name: 'the embedded broker' } })
  try {
    await eventually('a car with receiver, panel and link', async () => {
      const { freshness, position, drivers } = await house.unit()
      return freshness === 'live' && position !== null && drivers?.panel === 'ok'
    })
    const agentMb: number[] = []
    let emptyMb = NaN
    for (let second = 0; second <= RUNNING_S; second += 10) {
      if (second > 0) await sleep(10_000)
      agentMb.push(mb(loadOf(house.car.process.pid)?.residentBytes ?? NaN))
      emptyMb = mb(loadOf(empty.pid)?.residentBytes ?? NaN)
      say(`after ${second} s: agent ${agentMb.at(-1)} MB, empty process ${emptyMb} MB`)
    }
    const records = (await house.ledger()).length
    return {
      ...{ seconds: RUNNING_S, records, agentMb, emptyMb },
      ratio: rounded(Math.max(...agentMb) / emptyMb),
    }
  } finally {
    empty.kill()
    await house.close()
  }
}

const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000
