import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { append } from './appending.ts'
import { hearBodyCam } from './body-cam.ts'
import type { Mint } from './core.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { crossGrids } from './grids.ts'
import { pressPanic, raiseCrash } from './panic.ts'
import { senseCue, senseFix } from './sensing.ts'
import { sample } from './sampling.ts'
import { positionOf } from './position.ts'
import { rulesNow } from './reporting.ts'
import { powerAllows } from './power.ts'
import { EQUIPMENT_NOTE } from './state.ts'
import { settleMoveUp } from './move-up.ts'
import type { VehicleState } from './state.ts'

/** A fix of the receiver: kept, and a record when it is due. */
export function onFix(state: VehicleState, fix: Fix, now: Now): VehicleEffect[] {
  state.fix = { fix, at: now }
  const had = state.gnss
  state.gnss = fix.mode >= 2 ? 'fix' : 'no_fix'
  const position = positionOf(fix)
  const changed: VehicleEffect[] = had === state.gnss ? [] : [{ type: 'live' }]
  if (!position) return changed
  state.placed = { position, at: now }
  settleMoveUp(state, now)
  const noticed = [...senseFix(state, fix, now), ...crossGrids(state, position, now)]
  if (!powerAllows(state, now)) return [...noticed, ...changed]
  const sampled = sample(state.sampling, position, now.monoMs, rulesNow(state))
  state.sampling = sampled.state
  if (!sampled.isDue) return [...noticed, ...changed]
  return [
    ...noticed,
    append(state, [draftOf(state, 'position', position, now)], [], { then: 'sampled', position, at: now }),
  ]
}

/** An input as it reads now, changed or not. */
export function onInput(
  state: VehicleState,
  channel: Channel,
  value: ChannelValue,
  now: Now,
  mint: Mint,
): VehicleEffect[] {
  // The trigger hears every reading, the changed and the unchanged, and switches before anything is stored.
  const trigger = hearBodyCam(state, { type: 'input', channel, value }, now)
  if (state.equipment[channel] === value) return trigger
  const before = state.equipment[channel] ?? state.equipmentBeforeBoot[channel] ?? 'off'
  state.equipment = { ...state.equipment, [channel]: value }
  // The first reading after a boot is an edge only where it differs from what was stored before it.
  if (before === value) return [...trigger, { type: 'live' }]
  const panic = hearPanicButton(state, channel, value) ? pressPanic(state, 'input', null, now, mint) : []
  const edge = draftOf(state, 'equipment.edge', { channel, value, state: state.equipment }, now)
  const note: Note = { key: EQUIPMENT_NOTE, value: { ...state.equipmentBeforeBoot, ...state.equipment } }
  return [
    ...trigger,
    ...panic,
    append(state, [edge], [note], { then: 'nothing' }),
    ...(channel === 'crash' && value === 'on' ? [raiseCrash(state, now, mint)] : []),
    ...hearCue(state, channel, value, now),
    { type: 'live' },
  ]
}

/** Somebody gets out, or the engine is switched off. */
function hearCue(state: VehicleState, channel: Channel, value: ChannelValue, now: Now): VehicleEffect[] {
  if (channel === 'door' && value === 'on') return senseCue(state, 'door', now)
  if (channel === 'ignition' && value === 'off') return senseCue(state, 'ignition', now)
  return []
}

/** Whether this reading is a press: a button that was down before a gap in the line and is down after it was held. */
function hearPanicButton(state: VehicleState, channel: Channel, value: ChannelValue): boolean {
  if (channel !== 'panic' || value === 'unknown') return false
  const pressed = value === 'on' && !state.panicHeld
  state.panicHeld = value === 'on'
  return pressed
}
