import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutAgent, cutFirstBoots, cutGateway, cutGatewayFirstBoots } from '../crash/cuts.ts'
import { damageStore } from '../crash/damage.ts'
import { damageLedger } from '../crash/ledger-damage.ts'
import { failCommits, failSyncs, fillDisk, whyNoTracing } from '../crash/failing-writes.ts'
import { HARDSHIPS, sufferHardships, whyNot } from '../crash/hardships.ts'
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
const LEDGER_DAMAGES = 20
const HARDSHIP_ROUNDS = 5
const HOUSES_AT_ONCE = 4

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
  const noTracing = whyNoTracing()
  const noCuts = whyNoPowerCut(mkdtempSync(join(tmpdir(), 'reach5-trial-')))
  if (noTracing !== null) note('failingDisk', notRun(`failing syncs need strace: ${noTracing}`))
  if (noCuts !== null) note('powerCuts', notRun(`NO POWER CUTS HERE: ${noCuts}`))
  const canSuffer = HARDSHIPS.filter(hardship => whyNot(hardship) === null)
  for (const hardship of HARDSHIPS)
    if (!canSuffer.includes(hardship)) note(`${hardship}Hardship`, notRun(whyNot(hardship)!))
  // Most of it is waiting for a process to come up, so a few houses stand side by side.
  await atMost(HOUSES_AT_ONCE, [
    inHouse(async house => note('fullDisk', await fillDisk(house, upTo(WRITES), SEED, say))),
    ...(noTracing === null ? [upTo(WRITES)] : []).map(writes =>
      inHouse(async house => note('failingDisk', await failSyncs(house, writes, SEED, say))),
    ),
    ...(noTracing === null ? [COMMITS] : []).map(commits =>
      inHouse(async house => note('failingGatewayDisk', await failCommits(house, upTo(commits), SEED, say))),
    ),
    inHouse(async house =>
      note('hardships', await sufferHardships(house, canSuffer, HARDSHIP_ROUNDS, SEED, say)),
    ),
    inHouse(async house => note('killedAgent', await killAgent(house, KILLS.agent, SEED, say))),
    inHouse(async house => note('killedGateway', await killGateway(house, KILLS.gateway, SEED, say))),
    inHouse(async house => note('rottenLedger', await damageLedger(house, LEDGER_DAMAGES, SEED, say))),
    inHouse(async house => note('rottenStore', await damageStore(house, DAMAGES, SEED, say))),
    ...(noCuts === null ? [cutCars(note, say), cutCentres(note, say)] : []),
  ])
  note('everyCutAndBit', outboxEvidence())
  return { holds, evidence }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

const notRun = (why: string) => ({ holds: false, notRun: why })

type Note = (name: string, found: { readonly holds: boolean }) => void
type Say = (words: string) => void

type Work = () => Promise<void>

const inHouse =
  (run: (house: CrashHouse) => Promise<void>): Work =>
  async () => {
    const house = await openCrashHouse()
    try {
      await run(house)
    } finally {
      await house.close()
    }
  }

/** In their order, so many at a time. */
async function atMost(count: number, works: readonly Work[]): Promise<void> {
  const waiting = works[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const work of waiting) await work()
  }
  await Promise.all(Array.from({ length: count }, worker))
}

const cutCars = (note: Note, say: Say): Work =>
  inHouse(async house => {
    note('cutAgent', await cutAgent(house, CUTS.agent, SEED, say))
    note('cutFirstBoots', await cutFirstBoots(house, CUTS.firstBoot, SEED, say))
    note('cutGatewayFirstBoots', await cutGatewayFirstBoots(house, CUTS.gatewayFirstBoot, SEED))
  })

const cutCentres =
  (note: Note, say: Say): Work =>
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'reach5-centre-'))
    const disk = powerDisk(dir)
    const house = await openCrashHouse(join(disk.path, 'gateway'))
    try {
      note('cutGateway', await cutGateway(house, disk, CUTS.gateway, SEED, say))
    } finally {
      await house.close()
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
