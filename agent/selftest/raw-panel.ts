import type { PanelLife } from '#protocols/equipment.ts'
import type { Clock } from '#protocols/time.ts'
import { panelDevice } from '#hardware/panel/device-table.ts'
import { openPanel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { OpenPort } from '#hardware/port.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import type { Fittings } from '../fittings.ts'

/** A panel answers every poll; this long without an answer means the cable. */
const SILENCE_MS_MAX = 3_000

export type RawPanel = {
  /** The computer's own hand on the contact of the body-camera dock. */
  trigger(on: boolean): void
  close(): Promise<void>
}

/**
 * The module as its terminals are: closed is on, terminal by terminal, whatever is wired where. Null for a module this
 * version does not know. A terminal nobody knows the state of is null.
 */
export function openRawPanel(
  open: OpenPort,
  fitted: NonNullable<Fittings['panel']>,
  clock: Clock,
  hear: {
    readonly onContacts: (contacts: readonly (boolean | null)[]) => void
    readonly onLife: (life: PanelLife) => void
  },
): RawPanel | null {
  const device = panelDevice(fitted.device)
  if (device === undefined) return null
  const port = openReopeningPort(
    open,
    fitted.path,
    { baud: fitted.baud, silenceMsMax: SILENCE_MS_MAX },
    clock,
  )
  const raw = factoryProfile(device, { address: fitted.address })
  const profile = { ...raw, inputs: raw.inputs.map(wire => ({ ...wire, releaseMs: 0 })) }
  let contacts: readonly (boolean | null)[] = new Array<null>(profile.inputs.length).fill(null)
  const opened = openPanel(port, clock, profile, {
    onInput: (channel, value) => {
      const at = profile.inputs.findIndex(wire => wire.channel === channel)
      contacts = contacts.map((was, i) => (i === at ? (value === 'unknown' ? null : value === 'on') : was))
      hear.onContacts(contacts)
    },
    onState: hear.onLife,
  })
  return {
    trigger: on => void opened.setOutput('camera_trigger', on),
    close: async () => {
      opened.close()
      await port.close()
    },
  }
}
