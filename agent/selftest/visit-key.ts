import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { keepPendingKey } from '../provisioning/device-key.ts'
import { loadIdentity } from '../provisioning/load-identity.ts'

/** The identity with its key, or the key of a computer that has none yet. */
export async function keyOf(
  dir: string,
): Promise<Result<{ readonly identity: DeviceIdentity | null; readonly privateKey: string }>> {
  const known = await loadIdentity(dir)
  if (known.ok) return ok({ identity: known.value, privateKey: known.value.privateKey })
  if (known.code !== 'NOT_ENROLLED') return known
  const pending = await keepPendingKey(dir)
  return pending.ok ? ok({ identity: null, privateKey: pending.value }) : pending
}
