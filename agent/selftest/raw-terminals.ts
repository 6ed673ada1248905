import type { Channel, PanelLife } from '#protocols/equipment.ts'
import type { Clock } from '#protocols/time.ts'
import { openGpio } from '#hardware/gpio/open-gpio.ts'
import { worstLife } from '#hardware/inputs/input-source.ts'
import type { InputListener } from '#hardware/inputs/input-source.ts'
import { openPanels } from '#hardware/panel/open-panel.ts'
import type { OpenPort } from '#hardware/port.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import type { Tools } from '#hardware/tools.ts'
import type { Fittings } from '../fittings.ts'
import { bareProfile } from './terminals.ts'
import type { Terminal } from './terminals.ts'

/** A panel answers every poll; this long without an answer means the cable. */
const SILENCE_MS_MAX = 3_000

export type RawTerminals = {
  /** The computer's own hand on the contact of the body-camera dock, at the first module. */
  trigger(on: boolean): void
  close(): Promise<void>
}

export type RawListener = {
  /** Closed (or high) is true; a terminal nobody knows the state of is null. */
  readonly onContacts: (contacts: readonly (boolean | null)[]) => void
  /** How all of them are doing, as the worst does; and by name those that do not answer. */
  readonly onLife: (life: PanelLife, silent: readonly string[]) => void
}

/**
 * All terminals of the car as they are, whatever is wired where. Null where none is fitted, or none that this version
 * knows.
 */
export function openRawTerminals(
  { open, tools, clock }: { readonly open: OpenPort; readonly tools: Tools; readonly clock: Clock },
  fittings: Fittings,
  terminals: readonly Terminal[],
  hear: RawListener,
): RawTerminals | null {
  if (terminals.length === 0) return null
  const lives = new Map<string, PanelLife>()
  let contacts: readonly (boolean | null)[] = terminals.map(() => null)
  /** Drivers hand names back as they got them: here a terminal's place in the row. */
  const nameOf = (at: Terminal['at'], input: number): Channel =>
    String(terminals.findIndex(t => t.at === at && t.input === input)) as Channel
  const listenerOf = (source: string): InputListener => {
    lives.set(source, 'no_device')
    return {
      onInput: (name, value) => {
        const at = Number(name)
        contacts = contacts.map((was, i) => (i === at ? (value === 'unknown' ? null : value === 'on') : was))
        hear.onContacts(contacts)
      },
      onState: life => {
        lives.set(source, life)
        const silent = [...lives].filter(([, its]) => its !== 'ok').map(([name]) => name)
        hear.onLife(worstLife(lives.values()), silent)
      },
    }
  }

  const closers: (() => void | Promise<void>)[] = []
  const { panel, modules = [], gpio } = fittings
  let trigger: RawTerminals['trigger'] = () => {}
  if (panel !== null) {
    const port = openReopeningPort(
      open,
      panel.path,
      { baud: panel.baud, silenceMsMax: SILENCE_MS_MAX },
      clock,
    )
    const rows = [panel, ...modules].flatMap(row => bareProfile(row) ?? [])
    const opened = openPanels(
      port,
      clock,
      rows.map(row => ({
        profile: {
          ...row,
          inputs: Array.from({ length: row.device.inputs.count }, (_, input) => ({
            ...{ channel: nameOf(row.address, input), input, activeWhen: 'closed' as const, releaseMs: 0 },
          })),
        },
        listener: listenerOf(rows.length === 1 ? 'the module' : `module ${row.address}`),
      })),
    )
    trigger = on => void opened[0]?.setOutput('camera_trigger', on)
    closers.push(
      () => opened[0]?.close(),
      () => port.close(),
    )
  }
  if (gpio) {
    const inputs = gpio.inputs.map(({ input }) => ({
      ...{ channel: nameOf('gpio', input), input, activeWhen: 'high' as const, releaseMs: 0 },
    }))
    const lines = openGpio(tools, { chip: gpio.chip, inputs }, clock, listenerOf(gpio.chip))
    closers.push(() => lines.close())
  }
  return {
    trigger: on => trigger(on),
    close: async () => {
      for (const close of closers) await close()
    },
  }
}
