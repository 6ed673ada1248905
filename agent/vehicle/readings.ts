import type { Position } from '#protocols/bodies.ts'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { append } from './appending.ts'
import { hearBodyCam } from './body-cam.ts'
import type { Mint } from './core.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { pressPanic } from './panic.ts'
import { isDue } from './sampling.ts'
import { EQUIPMENT_NOTE } from './state.ts'
import type { VehicleState } from './state.ts'

/** A fix of the receiver: kept, and a record when it is due. */
export function onFix(state: VehicleState, fix: Fix, now: Now): VehicleEffect[] {
  state.fix = { fix, at: now }
  const had = state.gnss
  state.gnss = fix.mode >= 2 ? 'fix' : 'no_fix'
  const position = positionOf(fix)
  if (!position || !isDue(state.sampling, position, now.monoMs))
    return had === state.gnss ? [] : [{ type: 'live' }]
  state.sampling = { lastSampledMonoMs: now.monoMs, last: position }
  return [
    append(state, [draftOf(state, 'position', position, now)], [], { then: 'sampled', position, at: now }),
  ]
}

function positionOf(fix: Fix): Position | undefined {
  const { mode, lat, lon } = fix
  if (mode === 1 || lat === undefined || lon === undefined) return undefined
  const { timeUtcMs, speedMps, trackDeg, altMslM, hdop, satsUsed, satsSeen } = fix
  return {
    lat,
    lon,
    mode,
    ...(speedMps !== undefined && { speedMps }),
    ...(trackDeg !== undefined && { trackDeg }),
    ...(altMslM !== undefined && { altMslM }),
    ...(hdop !== undefined && { hdop }),
    ...(satsUsed !== undefined && { satsUsed }),
    ...(satsSeen !== undefined && { satsSeen }),
    ...(timeUtcMs !== undefined && { fixUtcMs: timeUtcMs }),
  }
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
  return [...trigger, ...panic, append(state, [edge], [note], { then: 'nothing' }), { type: 'live' }]
}

/** Whether this reading is a press: a button that was down before a gap in the line and is down after it was held. */
function hearPanicButton(state: VehicleState, channel: Channel, value: ChannelValue): boolean {
  if (channel !== 'panic' || value === 'unknown') return false
  const pressed = value === 'on' && !state.panicHeld
  state.panicHeld = value === 'on'
  return pressed
}
