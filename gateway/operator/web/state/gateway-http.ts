import { z } from 'zod'
import { DeviceView, EnrolmentIssued, LedgerRow, Problem } from '#protocols/api.ts'
import type { EnrolmentCreate } from '#protocols/api.ts'
import { EtaView } from '#protocols/eta.ts'
import { CodeView, OperatorView } from '#protocols/operator.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

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

const TIMEOUT_MS = 8_000

async function ask<T>(path: string, schema: z.ZodType<T>, body?: object): Promise<Result<T>> {
  try {
    const response = await fetch(`../${path}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify(body),
      }),
    })
    const json: unknown = await response.json()
    if (response.ok) {
      const parsed = schema.safeParse(json)
      return parsed.success ? ok(parsed.data) : fault('BODY_INVALID', parsed.error.message)
    }
    const problem = Problem.safeParse(json)
    return problem.success
      ? fault(problem.data.code, problem.data.detail)
      : fault('GATEWAY_UNREACHABLE', `HTTP ${response.status}`)
  } catch (error) {
    return fault('GATEWAY_UNREACHABLE', String(error))
  }
}
