import { getPriority } from 'node:os'
import { alarmRun } from '../fleet/alarm-run.ts'
import { putFirst } from '../storm/fleet.ts'
import type { Finding } from './evidence.ts'

/** Of 300 the 99th percentile was the third largest, and anything between 6 and 13 ms when nothing else was to be done. */
const RUN = { alarms: 1_000, own: 100_000, others: 2_000, each: 2_000 }
/** Of the gateway: other work of the machine is not what is measured. */
const PRIORITY = -10
/**
 * The car and the dispatcher's page stand for computers of their own and wait for nobody here; with the gateway's own priority they
 * waited for its slices of 3 ms in every tenth alarm while backlogs drained.
 */
const PRIORITY_OF_OTHERS = -20

/** From the press to the dispatcher's stream, idle and behind 100,000 positions of that car and 2,000 other backlogs. */
export async function benchAlarm(say: (words: string) => void): Promise<Finding> {
  putFirst(process.pid, PRIORITY_OF_OTHERS)
  try {
    const { holds, ...evidence } = await alarmRun({ ...RUN, priority: PRIORITY }, say)
    return { holds, evidence: { ...evidence, niceness: { gateway: PRIORITY, carAndPage: getPriority() } } }
  } finally {
    putFirst(process.pid, 0)
  }
}
