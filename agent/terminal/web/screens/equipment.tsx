import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import type { IconName } from '../look/icons.tsx'
import { agent } from '../state/car.ts'
import { ValueMark } from '../look/marks.tsx'
import { words } from '../words/words.ts'

/** The panic key stands beside the panic button, the camera has a place of its own. */
const SHOWN: readonly (readonly [Channel, IconName])[] = [
  ['lightbar', 'lightbar'],
  ['siren', 'siren'],
  ['door', 'door'],
  ['weapon_rack', 'rack'],
  ['ignition', 'ignition'],
  ['brake', 'brake'],
]

export function EquipmentRow({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const volts = view.power?.batteryVolts ?? null
  const fitted = SHOWN.filter(([channel]) => view.equipment[channel] !== undefined)
  return (
    <section class="equipment" data-panel={view.panel}>
      <BodyCam view={view} />
      <Faults view={view} />
      {view.panel !== 'no_device' &&
        fitted.map(([channel, icon]) => {
          // A panel or a car that does not answer knows nothing, whatever it said last.
          const known = view.panel === 'ok' && agent.value === 'live'
          const value: ChannelValue = known ? view.equipment[channel]! : 'unknown'
          return (
            <div class="channel" key={channel} data-channel={channel} data-value={value}>
              <Icon name={icon} />
              <b>{w.channels[channel]}</b>
              <span>
                <ValueMark value={value} />
                {value === 'unknown' ? w.unknown : w.values[channel][value]}
              </span>
            </div>
          )
        })}
      {volts !== null && (
        <div class="channel" data-channel="battery">
          <Icon name="battery" />
          <b>{w.battery}</b>
          <span class="num">{agent.value === 'live' ? w.volts(volts) : w.unknown}</span>
        </div>
      )}
    </section>
  )
}

/** In one row, so that two of them leave room for the rest of a small screen. */
function Faults({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const isLow = view.power?.phase === 'survival'
  if (!isLow && view.panel === 'ok') return null
  return (
    <div class="panel-faults">
      {isLow && (
        <p class="panel-fault" data-fault="battery">
          <Icon name="alarm" />
          {w.batteryLow(view.power?.batteryVolts ?? null)}
        </p>
      )}
      {view.panel !== 'ok' && (
        <p class="panel-fault" data-fault="panel">
          <Icon name={view.panel === 'no_device' ? 'cross' : 'alarm'} />
          {view.panel === 'no_device' ? w.panelAbsent : w.panelSilent}
        </p>
      )}
    </div>
  )
}

function bodyCamOf(view: TerminalState): 'idle' | 'starting' | 'recording' | 'failed' | 'unknown' {
  if (view.bodycam === 'failed' || view.bodycam === 'starting') return view.bodycam
  if (view.panel !== 'ok') return 'unknown'
  if (view.recording) return 'recording'
  const docked = view.equipment.camera_recording
  return docked === undefined || docked === 'unknown' ? 'unknown' : view.bodycam
}

function BodyCam({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const state = agent.value === 'live' ? bodyCamOf(view) : 'unknown'
  return (
    <div class="channel bodycam" data-channel="bodycam" data-state={state}>
      <Icon name={state === 'failed' ? 'alarm' : 'camera'} />
      <b>{w.bodycam}</b>
      <span>
        <ValueMark value={state === 'recording' ? 'on' : state === 'unknown' ? 'unknown' : 'off'} />
        {w.bodycams[state]}
      </span>
    </div>
  )
}
