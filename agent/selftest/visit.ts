import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { ActionResult, StepFault, TechnicianView } from '#protocols/technician.ts'
import type { Fittings } from '../fittings.ts'
import { saveFittings } from '../fittings-file.ts'
import type { SelfTestParts } from './self-test.ts'
import type { VisitRecords } from './visit-records.ts'
import type { beginningVisit } from './visit-state.ts'

/** What every step of a visit works on. Each step changes its own part of `state` and publishes. */
export type Visit = {
  readonly parts: SelfTestParts
  readonly records: VisitRecords
  readonly startedUtcMs: number
  readonly state: ReturnType<typeof beginningVisit>
  identity: DeviceIdentity | null
  privateKey: string
  fittings: Fittings
  view(): TechnicianView
  publish(): void
}

/** Written down before it counts. */
export async function keepFittings(visit: Visit, next: Fittings): Promise<Result<void>> {
  const saved = await saveFittings(visit.parts.dir, next)
  if (saved.ok) visit.fittings = next
  return saved
}

export const DONE: ActionResult = { accepted: true, code: null }
export const NOT_NOW: ActionResult = { accepted: false, code: 'NOT_ITS_TURN' }
export const refused = ({ code }: Fault): ActionResult => ({ accepted: false, code })
export const faultOf = ({ code, detail }: Fault): StepFault => ({ code, detail })
