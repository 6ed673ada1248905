import type { CodeView, OperatorView } from '#protocols/operator.ts'
import type { DeviceId } from '#protocols/ids.ts'
import type { Result } from '#protocols/result.ts'

/** What the operator's routes stand on. */
export type OperatorParts = {
  readonly picture: () => OperatorView
  readonly codes: () => readonly CodeView[]
  readonly withdrawCode: (id: string, actor: string) => Promise<Result<CodeView>>
  readonly revoke: (deviceId: DeviceId, reason: string, actor: string) => Promise<Result<void>>
}
