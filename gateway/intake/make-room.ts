import type { DeviceId } from '#protocols/ids.ts'
import type { IntakeEffect } from './intake-effects.ts'
import { count, deviceBookOf, epochInTheWay } from './intake-state.ts'
import type { IntakeState } from './intake-state.ts'
import { isWaiting } from './lane-book.ts'
import { passAndTell } from './lane-effects.ts'
import { watermarkKey } from './rows.ts'

/**
 * A device that lost its store once too often is heard all the same: its longest silent epoch is forgotten. What of it
 * still waited for a missing record is told first. Its records stay in the ledger.
 */
export function makeRoom(state: IntakeState, deviceId: DeviceId, epoch: string): IntakeEffect[] {
  const silent = epochInTheWay(state, deviceId, epoch)
  if (silent === undefined) return []
  const { epochs } = deviceBookOf(state, deviceId)
  const effects: IntakeEffect[] = []
  for (const [lane, book] of epochs.get(silent) ?? []) {
    const ref = { deviceId, epoch: silent, lane }
    while (isWaiting(book)) effects.push(...passAndTell(state, ref, book))
    state.waiting.delete(book)
    effects.push({ type: 'del', key: watermarkKey(deviceId, silent, lane) })
  }
  epochs.delete(silent)
  count(state, 'epochs_forgotten')
  const detail = { deviceId, epoch: silent, for: epoch }
  return [
    ...effects,
    { type: 'audit', action: 'intake.epoch_forgotten', actor: `device:${deviceId}`, detail },
    { type: 'log', level: 'warn', event: 'intake.epoch_forgotten', detail },
  ]
}
