import { z } from 'zod'
import { DeviceView } from '#protocols/api.ts'
import { CodeView, OperatorView } from '#protocols/operator.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ApiParts } from '../api/api.ts'
import { get, Nothing, post } from '../api/route.ts'
import type { Route } from '../api/route.ts'

/** What the operator's page asks, beside the routes everybody has. */
export const OPERATOR_ROUTES: readonly Route[] = [
  get(
    '/v1/operator',
    'operator.read',
    { summary: 'Devices, conditions with their severity, health of the gateway', response: OperatorView },
    ({ operator }) => ok(operator.picture()),
  ),
  get(
    '/v1/devices/:id',
    'device.read',
    { summary: 'One device', response: DeviceView, problems: ['DEVICE_UNKNOWN'] },
    (parts, { params }) => deviceOf(parts, params['id'] ?? ''),
  ),
  post(
    '/v1/devices/:id/revoke',
    'device.revoke',
    {
      summary: 'Its certificate counts no longer; its session ends at once',
      body: z.strictObject({ reason: z.string().min(3).max(200) }),
      response: DeviceView,
      problems: ['DEVICE_UNKNOWN'],
    },
    async (parts, { reason }, { params, actor }) => {
      const revoked = await parts.operator.revoke(params['id'] ?? '', reason, actor.name)
      return revoked.ok ? deviceOf(parts, params['id'] ?? '') : revoked
    },
  ),
  get(
    '/v1/enrolments',
    'enrolment.read',
    {
      summary: 'Codes of the last days, without the codes',
      response: z.object({ codes: z.array(CodeView) }),
    },
    ({ operator }) => ok({ codes: operator.codes() }),
  ),
  post(
    '/v1/enrolments/:id/withdraw',
    'enrolment.withdraw',
    {
      summary: 'An open code is good no longer',
      body: Nothing,
      response: CodeView,
      problems: ['CODE_UNKNOWN', 'CODE_NOT_OPEN'],
    },
    (parts, _, { params, actor }) => parts.operator.withdrawCode(params['id'] ?? '', actor.name),
  ),
]

async function deviceOf(parts: ApiParts, id: string): Promise<Result<DeviceView>> {
  const device = (await parts.devices()).find(one => one.id === id)
  return device === undefined ? fault('DEVICE_UNKNOWN', JSON.stringify(id.slice(0, 60))) : ok(device)
}
