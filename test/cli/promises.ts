import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { EVIDENCE_DIR, evidencePath, inquire } from './evidence.ts'
import type { Inquiry } from './evidence.ts'

/** Where the table stands, below the root. */
export const PROMISES_FILE = join('docs', 'promises.md')

/** Written evidence, read by path: `at(e, 'truncated.lost')`. */
type Evidence = Readonly<Record<string, unknown>>

type Row = {
  readonly promise: string
  readonly fault: string
  readonly by: readonly ['prove' | 'bench', string]
  readonly found: (e: Evidence) => string
}

const at = (e: Evidence, path: string): unknown =>
  path.split('.').reduce<unknown>((part, name) => (part as Evidence | undefined)?.[name], e)

/** A number of the evidence as people write it; a missing one is seen, not guessed. */
function figure(e: Evidence, path: string, digits = 4): string {
  const value = at(e, path)
  if (typeof value !== 'number') return '?'
  return (Number.isInteger(value) ? value : Number(value.toPrecision(digits))).toLocaleString('en', {
    maximumFractionDigits: 6,
  })
}

const many = (e: Evidence, path: string): readonly Evidence[] => {
  const list = at(e, path)
  return Array.isArray(list) ? (list as Evidence[]) : []
}
const sum = (e: readonly Evidence[], path: string): string =>
  e.reduce((total, one) => total + Number(at(one, path)), 0).toLocaleString('en')

/** The parts of an inquiry that audited something. */
const parts = (e: Evidence): readonly Evidence[] =>
  (Object.values(e) as (Evidence | undefined)[]).filter(
    part => part !== undefined && at(part, 'accepted') !== undefined,
  ) as Evidence[]

const RECORDS = 'What the car accepted reaches the ledger, once'
const SEEN = 'What a sensor says is what people see'
const ROADS = 'Who can be there is exact'

const ROWS: readonly Row[] = [
  {
    promise: RECORDS,
    fault: 'the store’s log ends at any byte',
    by: ['prove', 'outbox'],
    found: e =>
      `${figure(e, 'truncated.opened')} places, all opened; lost ${figure(e, 'truncated.lost')}, doubled ${figure(e, 'truncated.doubled')}; what was cut off has a receipt (${figure(e, 'truncated.receipted')})`,
  },
  {
    promise: RECORDS,
    fault: 'whole cities on simulated disks, links and clocks that fail in every way of the fault matrix',
    by: ['prove', 'sim'],
    found: e =>
      `${figure(e, 'vehicleHours')} of ${figure(e, 'vehicleHoursPromised')} vehicle-hours, ${figure(e, 'sums.faults')} faults of ${Object.keys(at(e, 'faultsByKind') as object).length} kinds, ${figure(e, 'sums.accepted')} accepted = ${figure(e, 'sums.effective')} effective + ${figure(e, 'sums.receipted')} receipted; lost ${figure(e, 'sums.lost')}, doubled ${figure(e, 'sums.duplicated')}, told out of order ${figure(e, 'sums.reordered')}, forged orders carried out ${figure(e, 'sums.forgedExecuted')}`,
  },
  {
    promise: RECORDS,
    fault: 'one check after the other taken out of our own code: does the simulated city notice',
    by: ['prove', 'mutants'],
    found: e =>
      `${figure(e, 'killed')} of ${figure(e, 'mutants')} found within ${figure(e, 'seedsMax')} seeds of ${figure(e, 'vehicleHoursPerSeed')} vehicle-hours; a planted bug is shrunk to ${many(
        e,
        'planted',
      )
        .map(planted => figure(planted, 'faults'))
        .join(' and ')} faults`,
  },
  {
    promise: RECORDS,
    fault: 'one bit of the store turns',
    by: ['prove', 'outbox'],
    found: e =>
      `${figure(e, 'flipped.runs')} bits; lost ${figure(e, 'flipped.lost')}, doubled ${figure(e, 'flipped.doubled')}`,
  },
  {
    promise: RECORDS,
    fault: 'any step of a write fails: error, full disk, power cut, or it says so and did it',
    by: ['prove', 'outbox'],
    found: e =>
      `${figure(e, 'failed.runs')} runs, ${figure(e, 'failed.accepted')} accepted; lost ${figure(e, 'failed.lost')}, doubled ${figure(e, 'failed.doubled')}`,
  },
  {
    promise: RECORDS,
    fault: 'the gateway’s disk is lost and an hour-old backup restored while cars report',
    by: ['prove', 'restore'],
    found: e =>
      `${figure(e, 'accepted')} accepted, ${figure(e, 'effective')} effective, ${figure(e, 'replayed')} sent again by the fleet in ${figure(e, 'replaySeconds')} s; lost ${figure(e, 'lost')}, doubled ${figure(e, 'doubled')}`,
  },
  {
    promise: RECORDS,
    fault: 'real processes killed, cut from power, on full, failing and rotten disks',
    by: ['prove', 'crashes'],
    found: e =>
      `${figure(e, 'killedAgent.kills')} + ${figure(e, 'killedGateway.kills')} kills, ${figure(e, 'cutAgent.cuts')} + ${figure(e, 'cutFirstBoots.cuts')} + ${figure(e, 'cutGateway.cuts')} power cuts, ${figure(e, 'fullDisk.runs')} full disks, ${figure(e, 'failingDisk.runs')} failing syncs, ${figure(e, 'rottenStore.damages')} damages of the car’s store and ${figure(e, 'rottenLedger.damages')} of the ledger, ${figure(e, 'hardships.rounds')} times a disk that is read-only or slow, no descriptor, no memory, a clock that jumps or a gateway that hangs; lost ${sum(parts(e), 'lost')}, silent holes ${sum(parts(e), 'holes')}`,
  },
  {
    promise: 'A car that comes back shows where it is at once, then what it did',
    fault: 'three days without a link, then 256 kbit/s',
    by: ['prove', 'offline'],
    found: e =>
      `live after ${figure(e, 'liveAfterReconnectMs')} ms, ${figure(e, 'stored')} records in ${figure(e, 'drainSeconds')} s, ${figure(e, 'oldPositionsShown')} old positions shown, a panic ${figure(e, 'alarm.ageSeconds')} s old told with its age; lost ${figure(e, 'lost')}, doubled ${figure(e, 'doubled')}`,
  },
  {
    promise: 'An alarm waits for nobody',
    fault: '100,000 records of that car and 2,000 other backlogs drain',
    by: ['bench', 'alarm'],
    found: e =>
      `p99 ${figure(e, 'draining.p99Ms')} ms to the dispatcher's stream, idle ${figure(e, 'idle.p99Ms')} ms; a bare echo that syncs once, on the same machine: ${figure(e, 'draining.bareEcho.p99Ms')} and ${figure(e, 'idle.bareEcho.p99Ms')} ms`,
  },
  {
    promise: 'An accepted record costs no more than a relay of it',
    fault: '200 and 2,000 connections, beside Mosquitto',
    by: ['bench', 'ingest'],
    found: e =>
      `${figure(e, 'few.mixed.gatewayUs.median')} µs beside ${figure(e, 'few.mixed.mosquittoUs.median')} at 200, ${figure(e, 'many.mixed.gatewayUs.median')} beside ${figure(e, 'many.mixed.mosquittoUs.median')} at 2,000; alone ${figure(e, 'few.single.ratio')} and ${figure(e, 'many.single.ratio')} times as much`,
  },
  {
    promise: 'The body camera runs when it must, and no officer’s own recording is stopped',
    fault: 'cameras that sleep, refuse or lie; contacts at any moment; a kill at any point',
    by: ['prove', 'trigger'],
    found: e =>
      `${figure(e, 'sequences')} sequences, ${figure(e, 'activations')} activations, ${figure(e, 'kills')} kills: ${figure(e, 'differing')} differ from a plain model, ${figure(e, 'officerStopped')} officers stopped, ${Object.keys((at(e, 'mutantsKilledBySequence') as object | undefined) ?? {}).length} mutants found`,
  },
  {
    promise: 'An edge acts within 40 ms, 99 times of 100',
    fault: '100,000 records drain meanwhile',
    by: ['bench', 'trigger'],
    found: e =>
      `camera ${figure(e, 'draining.camera.p99Ms')} ms, publish ${figure(e, 'draining.publish.p99Ms')} ms (idle ${figure(e, 'idle.camera.p99Ms')} and ${figure(e, 'idle.publish.p99Ms')})`,
  },
  {
    promise: SEEN,
    fault: 'noise, fuzz with right checksums, one byte in a thousand or a hundred wrong',
    by: ['prove', 'nmea'],
    found: e =>
      `${sum(many(e, 'damage'), 'fixes')} fixes out of damaged captures, ${sum(many(e, 'damage'), 'far')} of them more than 50 m off; ${figure(e, 'noise.exceptions')} exceptions in ${figure(e, 'noise.bytes')} random bytes`,
  },
  {
    promise: SEEN,
    fault: 'replies of the input module late, split, doubled, foreign, corrupt or missing',
    by: ['prove', 'panel'],
    found: e =>
      `${figure(e, 'total.polls')} polls, ${figure(e, 'total.faults')} faults: ${figure(e, 'total.wrong')} wrong states; ${figure(e, 'pulses.seen')} of ${figure(e, 'pulses.pulses')} pulses of 40 ms seen`,
  },
  {
    promise: SEEN,
    fault: 'the receiver is unplugged and plugged in again',
    by: ['prove', 'replug'],
    found: e =>
      `${figure(e, 'cycles')} times; noticed within ${figure(e, 'times.noticedTalkingMs.max')} ms, a fix within ${figure(e, 'times.fixAt1HzMs.max')} ms; nothing left behind`,
  },
  {
    promise: SEEN,
    fault: 'the receiver speaks at another speed, or is in trouble for a day',
    by: ['prove', 'autobaud'],
    found: e =>
      `${figure(e, 'found.right')} of ${figure(e, 'found.cases')} found; ${sum(many(e, 'days'), 'leftRight')} right speeds left in ${sum(many(e, 'days'), 'hours')} simulated hours`,
  },
  {
    promise: 'Silence is noticed: a car speaks before the moment it announced',
    fault: 'parked, turning, stopping, on an order',
    by: ['prove', 'sampling'],
    found: e =>
      `${figure(e, 'silence.beyondAnnounced')} late words in ${figure(e, 'drivenSeconds')} s; ${Math.round(1000 * Number(at(e, 'messages.fewer'))) / 10} % fewer messages than once a second`,
  },
  {
    promise: 'Arrival is sensed, not guessed',
    fault: 'drift, red lights, passing by, tunnels, parking far away',
    by: ['prove', 'arrival'],
    found: e =>
      `${figure(e, 'trips')} trips: recall ${figure(e, 'ours.recall')}, false or early ${Math.round(1e5 * Number(at(e, 'ours.falseShare'))) / 1000} %, stamp off by ${figure(e, 'ours.stampErrorS.p95', 3)} s (p95)`,
  },
  {
    promise: 'Every unit is heard every second',
    fault: '255 units on two processors, the gateway beside them',
    by: ['prove', 'fleet'],
    found: e =>
      `slowest ${figure(e, 'driving.ratesHz.min')} Hz over ${figure(e, 'measuredSeconds')} s, ${figure(e, 'fixesHeard')} fixes; gateway ${figure(e, 'gateway.cpuPercentOfOneCore')} % of a processor, ${figure(e, 'gateway.residentMb')} MB`,
  },
  {
    promise: 'A storm of devices passes',
    fault: '2,000 cars come back in the moment the gateway does',
    by: ['prove', 'storm'],
    found: e =>
      `all live after ${figure(e, 'worst.allLiveS')} s, the slowest of ${many(e, 'storms').length} times; meanwhile pages see a car ${figure(e, 'worst.streamP99Ms')} ms after its word and an incident ${figure(e, 'worst.incidentsP99Ms')} ms after it was reported (p99)`,
  },
  {
    promise: 'Nobody holds up the others',
    fault: 'a page that no longer reads',
    by: ['prove', 'storm'],
    found: e =>
      `the others get ${figure(e, 'frozen.messages')} times the messages, after ${figure(e, 'frozen.p50')} times as long (median), at ${figure(e, 'frozen.gatewayCpu')} times the processor time of the gateway`,
  },
  {
    promise: 'Nobody holds up the others',
    fault: 'devices that declare a packet of 268 MB and go on sending',
    by: ['prove', 'storm'],
    found: e =>
      `${figure(e, 'declared.closed')} of ${figure(e, 'declared.tries')} closed, ${figure(e, 'declared.devicesAudited')} named in the audit; the gateway grew by ${figure(e, 'declared.gatewayGrewMb')} MB`,
  },
  {
    promise: 'A small computer is enough for a car',
    fault: 'receiver, panel, terminal and link at work; then 24 simulated hours',
    by: ['prove', 'footprint'],
    found: e =>
      `${figure(e, 'resident.ratio')} times an empty Node process; heap ${figure(e, 'day.heapMbPerHour')}, resident ${figure(e, 'day.residentMbPerHour')} MB an hour after the first`,
  },
  {
    promise: ROADS,
    fault: 'one-ways, turn restrictions, ways through; real cities',
    by: ['prove', 'reach'],
    found: e => {
      const towns = many(e, 'towns')
      const differing = towns.flatMap(town => [
        ...many(town, 'turnsOff.differing'),
        ...many(town, 'turnsOn').flatMap(run => many(run, 'differing')),
      ])
      return `${sum(towns, 'turnsOff.rows')} junctions of ${towns.length} towns beside ${String(at(e, 'peer')).replace(/^.*, /, '')}: ${differing.length} differ`
    },
  },
  {
    promise: 'A promised time rests on drives, and says how sure it is',
    fault: 'roads that take up to twice or half the profile’s time by class and hour, and nobody is told',
    by: ['prove', 'eta'],
    found: e => {
      const of = (name: string): string =>
        many(e, 'towns')
          .map(town => figure(town, `medianErrorSeconds.${name}`, 3))
          .join(', ')
      return `after one day the median error falls from ${of('profile')} to ${of('learned')} s, at least by ${Math.round(100 * Number(at(e, 'fallLeast')))} %; ${(100 * Number(at(e, 'within80.least'))).toFixed(1)} to ${(100 * Number(at(e, 'within80.most'))).toFixed(1)} % within p80`
    },
  },
  {
    promise: 'Our times are plausible to another engine',
    fault: 'its own speeds, real cities, turns and signals that we do not model',
    by: ['prove', 'agreement'],
    found: e =>
      many(e, 'towns')
        .map(town => {
          const percent = Math.round(100 * Number(at(town, 'overlap')))
          return `${String(at(town, 'name'))}: ${percent} % of its five nearest, times ${figure(town, 'etaRatio.p50')} of its`
        })
        .join('; '),
  },
  {
    promise: 'What sending a unit uncovers is known before it is sent',
    fault: 'units that move, orders for one and for several, the default city',
    by: ['prove', 'cover'],
    found: e =>
      `${figure(e, 'orders')} orders, ${figure(e, 'sharesCompared')} shares: ${many(e, 'differing').length} differ, ` +
      `by ${figure(e, 'largest', 1)} at most; ${figure(e, 'moveUps.raisedAtOnce')} of ${figure(e, 'moveUps.accepted')} ` +
      `move-ups reach more demand, all else the same; ${figure(e, 'moveUps.raised')} of ${figure(e, 'moveUps.arrived')} ` +
      `move-ups reach more demand once there than when accepted, ${figure(e, 'moveUps.raisedThanStaying')} more than had ` +
      `the unit stayed while the city went on`,
  },
  {
    promise: ROADS,
    fault: 'places on borders, enclaves, grids in parts',
    by: ['prove', 'membership'],
    found: e =>
      many(e, 'runs')
        .map(
          run =>
            `${figure(run, 'points')} places in ${figure(run, 'grids')} grids: ${many(run, 'differing').length} differ`,
        )
        .join('; '),
  },
]

/** The page as it follows from the evidence that is written. */
export function promisesPage(): string {
  const rows = ROWS.map(({ promise, fault, by, found }) => {
    const file = evidencePath(...by)
    const command = `\`reach5 ${by.join(' ')}\``
    if (!existsSync(file)) return `| ${promise} | ${fault} | not measured yet | ${command} |`
    const e = JSON.parse(readFileSync(file, 'utf8')) as Evidence
    const link = `[${command}](${file.replace(/^docs\//, '')}), ${String(at(e, 'at')).slice(0, 10)}`
    const said = `${at(e, 'holds') === true ? '' : '**does not hold**: '}${found(e)}`
    return `| ${promise} | ${fault} | ${said} | ${link} |`
  })
  return `# What we promise and how we know

Accepted means: the record lies synced on the car's disk and the car said so. Lost means: accepted, and it never became
effective in the gateway's ledger. Every line below is read out of the evidence file beside it, which names the machine, the
seed and the code it speaks of; a test fails when that code has changed since. Each command makes its file again.

| promise | fault | found | evidence |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** As it is committed: formatted as everything else is. */
export const formattedPage = async (): Promise<string> => {
  const options = await resolveConfig(PROMISES_FILE)
  return format(promisesPage(), { ...options, parser: 'markdown' })
}

/** An inquiry, and what follows from its evidence told on the page. */
export async function inquireAndTell(
  verb: 'prove' | 'bench',
  inquiries: Readonly<Record<string, Inquiry>>,
  args: readonly string[],
): Promise<number> {
  const code = await inquire(verb, inquiries, args)
  if (existsSync(EVIDENCE_DIR)) writeFileSync(PROMISES_FILE, await formattedPage())
  return code
}
