import { RETENTION_PREFIX } from '../retention/retire-tracks.ts'
import type { RetentionRow } from '../retention/retire-tracks.ts'
import type { LoopParts } from './loop.ts'
import {
  FAULT_PREFIX,
  newIntakeState,
  restoreFault,
  restoreWatermark,
  untoldRanges,
} from '../intake/intake-state.ts'
import type { DriverFault, IntakeState } from '../intake/intake-state.ts'
import type { WatermarkRow } from '../intake/lane-book.ts'
import { reckon } from '../intake/reckon.ts'
import type { RecordRow } from '../intake/rows.ts'
import { AUDIT_START } from '../ledger/audit-chain.ts'
import type { AuditRow, AuditTail } from '../ledger/audit-chain.ts'
import { readHoldings } from '../ledger/holdings.ts'
import { underPrefix, UNRECKONED_KEY } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp, Row } from '../ledger/ledger.ts'

/** Of the lanes that lost records so many are named in the audit. */
const LANES_NAMED_MAX = 16

type ReadBack = {
  readonly intake: IntakeState
  readonly auditTail: AuditTail
  /** Only after a repair: what it cost, for the audit. */
  readonly reckoned: Readonly<Record<string, unknown>> | null
}

/** Puts what the ledger holds back into the cores: where every lane stands, what is yet to be told, and the city. */
export async function readBack(
  parts: Pick<LoopParts, 'ledger' | 'city' | 'clock' | 'log'>,
): Promise<ReadBack> {
  const { ledger, city, clock } = parts
  const state = newIntakeState(ledger.ledgerId, ledger.generation)
  const rows = await readBootRows(ledger)
  for (const [key, value] of rows)
    if (key.startsWith('watermark/')) restoreWatermark(state, key, value as WatermarkRow)
    else if (key.startsWith(FAULT_PREFIX)) restoreFault(state, key, value as DriverFault)
  const isRepaired = rows.some(([key]) => key === UNRECKONED_KEY)
  const reckoned = isRepaired ? await reckonAfterRepair(parts, state, retiredOf(rows)) : null
  for (const { prefix, afterKey, restore } of untoldRanges(state, clock.now()))
    for (const [, value] of await ledger.range({ ...underPrefix(prefix), after: afterKey }))
      restore(value as RecordRow)
  const [newest] = await ledger.range({ ...underPrefix('audit/'), limit: 1, newestFirst: true })
  city.restore(
    rows.map(([key, value]) => ({ key, value })),
    clock.now(),
  )
  return {
    intake: state,
    auditTail: newest === undefined ? AUDIT_START : (newest[1] as AuditRow),
    reckoned,
  }
}

/** All rows but records and audit, which are many and needed by nobody at boot. */
async function readBootRows(ledger: Ledger): Promise<readonly Row[]> {
  const spans = [
    { from: '', before: 'audit/' },
    { from: 'audit0', before: 'record/' },
    { from: 'record0', before: '\uffff' },
  ]
  return (await Promise.all(spans.map(span => ledger.range(span)))).flat()
}

const retiredOf = (rows: readonly Row[]): ReadonlyMap<string, number> =>
  new Map(
    rows.flatMap(([key, value]): [string, number][] =>
      key.startsWith(RETENTION_PREFIX)
        ? [[`${key.slice(RETENTION_PREFIX.length)}/track`, (value as RetentionRow).thinned]]
        : [],
    ),
  )

/** Looks at every record, gives up the rows that are not what was put there, and makes the watermarks say what is left. */
async function reckonAfterRepair(
  { ledger, log }: Pick<LoopParts, 'ledger' | 'log'>,
  state: IntakeState,
  retired: ReadonlyMap<string, number>,
): Promise<Readonly<Record<string, unknown>>> {
  const { lanes: held, damaged, records } = await readHoldings(ledger)
  const { ops, missing, lanes } = reckon(state, held, retired)
  const dels = [...damaged, UNRECKONED_KEY].map((key): LedgerOp => ({ type: 'del', key }))
  const committed = await ledger.commit([...ops, ...dels], { sync: true })
  if (!committed.ok) throw new Error(`${committed.code}: ${committed.detail}`)
  const detail = { records, missing, damaged: damaged.length, lanes: lanes.slice(0, LANES_NAMED_MAX) }
  log.warn({ event: 'ledger.reckoned', ...detail })
  return detail
}
