import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cutAgent, cutFirstBoots, cutGateway, cutGatewayFirstBoots } from '../crash/cuts.ts'
import { damageStore } from '../crash/damage.ts'
import { failCommits, failSyncs, fillDisk, whyNoTracing } from '../crash/failing-writes.ts'
import { openCrashHouse } from '../crash/house.ts'
import type { CrashHouse } from '../crash/house.ts'
import { killAgent, killGateway } from '../crash/kills.ts'
import { powerDisk, whyNoPowerCut } from '../crash/power-disk.ts'
import { EVIDENCE_DIR } from './evidence.ts'
import type { Finding } from './evidence.ts'

const SEED = 1
const KILLS = { agent: 100, gateway: 50 }
const CUTS = { agent: 20, firstBoot: 6, gateway: 10, gatewayFirstBoot: 6 }
const WRITES = 200
const COMMITS = 40
const DAMAGES = 60

/**
 * The processes that ship, broken in every way a week on the road knows: killed, their power cut, their disk full, their
 * disk failing, their store rotten. What an agent printed as accepted after its synced write is looked for in the gateway's
 * ledger; every cut of a log and every bit of a store were judged by `prove outbox`, whose numbers stand beside these.
 */
export async function proveCrashes(say: (words: string) => void): Promise<Finding> {
  const evidence: Record<string, unknown> = {}
  let holds = true
  const note = (name: string, found: { readonly holds: boolean }): void => {
    evidence[name] = found
    holds &&= found.holds
    say(`${name}: ${JSON.stringify(found)}`)
  }
  const house = await openCrashHouse()
  try {
    note('killedAgent', await killAgent(house, KILLS.agent, SEED, say))
    note('killedGateway', await killGateway(house, KILLS.gateway, SEED, say))
    note('fullDisk', await fillDisk(house, upTo(WRITES), SEED, say))
    const noTracing = whyNoTracing()
    if (noTracing !== null) note('failingDisk', notRun(`failing syncs need strace: ${noTracing}`))
    else {
      note('failingDisk', await failSyncs(house, upTo(WRITES), SEED, say))
      note('failingGatewayDisk', await failCommits(house, upTo(COMMITS), SEED, say))
    }
    note('rottenStore', await damageStore(house, DAMAGES, SEED, say))
    await cuts(house, note, say)
  } finally {
    await house.close()
  }
  note('everyCutAndBit', outboxEvidence())
  return { holds, evidence }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

const notRun = (why: string) => ({ holds: false, notRun: why })

async function cuts(
  house: CrashHouse,
  note: (name: string, found: { readonly holds: boolean }) => void,
  say: (words: string) => void,
): Promise<void> {
  const why = whyNoPowerCut(house.dir)
  if (why !== null) return note('powerCuts', notRun(`NO POWER CUTS HERE: ${why}`))
  note('cutAgent', await cutAgent(house, CUTS.agent, SEED, say))
  note('cutFirstBoots', await cutFirstBoots(house, CUTS.firstBoot, SEED, say))
  note('cutGatewayFirstBoots', await cutGatewayFirstBoots(house, CUTS.gatewayFirstBoot, SEED))
  const disk = powerDisk(join(house.dir, 'disk-gateway'))
  const onDisk = await openCrashHouse(join(disk.path, 'gateway'))
  try {
    note('cutGateway', await cutGateway(onDisk, disk, CUTS.gateway, SEED, say))
  } finally {
    await onDisk.close()
    await disk.remove()
  }
}

/** What the store alone was shown to survive, from its own evidence. */
function outboxEvidence() {
  const { holds, at, store, truncated, flipped } = JSON.parse(
    readFileSync(join(EVIDENCE_DIR, 'outbox.json'), 'utf8'),
  ) as Record<string, never> & { holds: boolean }
  return { holds, at, store, truncated, flipped }
}
