import { NO_CONTROLS, packControls } from '#protocols/roads/controls.ts'
import type { Controls } from '#protocols/roads/controls.ts'
import type { Tags } from './road-rules.ts'

/** What a node makes drivers do, and which way along its road, where the map says so. */
export type NodeControl = {
  readonly kind: 'signals' | 'stop' | 'stopAll' | 'giveWay' | 'crossing' | 'miniRoundabout' | 'gate'
  readonly towards: 'forward' | 'backward' | 'unsaid'
}

export const CONTROL_KEYS = ['highway', 'barrier', 'direction', 'traffic_signals:direction', 'stop']
const KINDS: Readonly<Record<string, NodeControl['kind']>> = {
  traffic_signals: 'signals',
  stop: 'stop',
  give_way: 'giveWay',
  crossing: 'crossing',
  mini_roundabout: 'miniRoundabout',
}
const GATES = ['gate', 'lift_gate', 'swing_gate', 'sliding_gate', 'toll_booth', 'border_control']

/** Wiki: Key:highway (traffic_signals, stop, give_way, crossing, mini_roundabout), Key:barrier, Key:direction. */
export function nodeControlOf(tags: Tags | undefined): NodeControl | undefined {
  if (tags === undefined) return undefined
  const kind = KINDS[tags['highway'] ?? ''] ?? (GATES.includes(tags['barrier'] ?? '') ? 'gate' : undefined)
  if (kind === undefined) return undefined
  const said = tags['traffic_signals:direction'] ?? tags['direction']
  return {
    kind: kind === 'stop' && tags['stop'] === 'all' ? 'stopAll' : kind,
    towards: said === 'forward' || said === 'backward' ? said : 'unsaid',
  }
}

/**
 * What a stretch of road passes driven forwards and backwards, packed: everything between its ends, and what stands at the
 * end it leads to, for the signal of a crossing is usually drawn on the junction itself. A stop or give-way sign stands on
 * the road that has to obey: where nothing says which way, for those who drive towards the nearer end; on a junction
 * itself it says nothing unless all have to stop.
 */
export function driveControls(
  refs: readonly number[],
  controlAt: (ref: number) => NodeControl | undefined,
): readonly [number, number] {
  const there = { ...NO_CONTROLS }
  const back = { ...NO_CONTROLS }
  const last = refs.length - 1
  refs.forEach((ref, i) => {
    const control = controlAt(ref)
    if (control === undefined) return
    const isEnd = i === 0 || i === last
    const sign = control.kind === 'stop' || control.kind === 'giveWay'
    if (isEnd && sign) return
    const towards =
      isEnd || control.towards !== 'unsaid' || !sign
        ? control.towards
        : 2 * i >= last
          ? 'forward'
          : 'backward'
    if (i > 0 && (i === last || towards !== 'backward')) note(there, control.kind)
    if (i < last && (i === 0 || towards !== 'forward')) note(back, control.kind)
  })
  return [packControls(there), packControls(back)]
}

function note(controls: { -readonly [K in keyof Controls]: Controls[K] }, kind: NodeControl['kind']): void {
  switch (kind) {
    case 'signals':
      controls.signals++
      return
    case 'crossing':
      controls.crossings++
      return
    case 'stop':
    case 'stopAll':
      controls.stop = true
      return
    case 'giveWay':
      controls.giveWay = true
      return
    case 'miniRoundabout':
      controls.miniRoundabout = true
      return
    case 'gate':
      controls.gate = true
      return
  }
}
