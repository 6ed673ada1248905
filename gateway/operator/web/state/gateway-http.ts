import { z } from 'zod'
import { DeviceView, EnrolmentIssued, LedgerRow } from '#protocols/api.ts'
import type { EnrolmentCreate } from '#protocols/api.ts'
import { EtaView } from '#protocols/eta.ts'
import { CodeView, OperatorView } from '#protocols/operator.ts'
import type { Result } from '#protocols/result.ts'
import { askGateway } from '#protocols/web/ask-gateway.ts'

/** The routes of this page. A refusal is data with the gateway's stable code. */
export const readOperator = (): Promise<Result<OperatorView>> => ask('v1/operator', OperatorView)

export const readCodes = (): Promise<Result<{ codes: CodeView[] }>> =>
  ask('v1/enrolments', z.object({ codes: z.array(CodeView) }))

export const issueCode = (create: EnrolmentCreate): Promise<Result<EnrolmentIssued>> =>
  ask('v1/enrolments', EnrolmentIssued, create)

export const withdrawCode = (id: string): Promise<Result<CodeView>> =>
  ask(`v1/enrolments/${id}/withdraw`, CodeView, {})

export const revokeDevice = (id: string, reason: string): Promise<Result<DeviceView>> =>
  ask(`v1/devices/${encodeURIComponent(id)}/revoke`, DeviceView, { reason })

export const readEta = (): Promise<Result<EtaView>> => ask('v1/eta', EtaView)

const Grids = z.object({
  features: z.array(z.object({ properties: z.object({ id: z.string(), name: z.string() }) })),
})
export const readGrids = (): Promise<Result<z.infer<typeof Grids>>> => ask('v1/grids', Grids)

const Records = z.object({ records: z.array(LedgerRow), next: z.string().nullable() })
/** Newest first; the gateway writes down who looked and why before it answers. */
export const readRecords = (
  id: string,
  epoch: string,
  lane: string,
  purpose: string,
): Promise<Result<z.infer<typeof Records>>> =>
  ask(
    `v1/devices/${encodeURIComponent(id)}/records?${new URLSearchParams({ epoch, lane, purpose, order: 'newest', limit: '30' })}`,
    Records,
  )

const ask = <T>(path: string, schema: z.ZodType<T>, body?: object): Promise<Result<T>> =>
  askGateway(`../${path}`, schema, body)
