import { panelDevice } from '#hardware/panel/device-table.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { Fittings, Wiring } from '../fittings.ts'

/*
 * Every place a wire of this car can end, in one row: the terminals of each module on the panel's line, then the lines of
 * the computer that are fitted. The walk speaks of places in this row; people read their names.
 *
 *     one module           1, 2, 3 …              as printed on it
 *     several modules      1:3, 2:3               address and terminal
 *     lines                gpiochip0:17
 */
export type Terminal = {
  /** A module's address, or `gpio`. */
  readonly at: number | 'gpio'
  /** 0 is the first terminal of a module; a line's offset on its chip. */
  readonly input: number
  readonly name: string
}

export function terminalsOf({ panel, modules = [], gpio }: Fittings): readonly Terminal[] {
  const fitted = panel === null ? [] : [panel, ...modules]
  const inModules = fitted.flatMap(({ device, address }) =>
    Array.from({ length: panelDevice(device)?.inputs.count ?? 0 }, (_, input) => ({
      at: address,
      input,
      name: fitted.length === 1 ? String(input + 1) : `${address}:${input + 1}`,
    })),
  )
  const lines = (gpio?.inputs ?? []).map(({ input }) => ({
    at: 'gpio' as const,
    input,
    name: `${gpio!.chip.replace('/dev/', '')}:${input}`,
  }))
  return [...inModules, ...lines]
}

/** What each channel is wired to, by the fittings, as places in the row; a wire to a module nobody knows is left out. */
export function wiringIn(fittings: Fittings, terminals: readonly Terminal[]): readonly Wiring[] {
  const placed = (at: Terminal['at'], wire: Wiring): Wiring[] => {
    const input = terminals.findIndex(terminal => terminal.at === at && terminal.input === wire.input)
    return input < 0 ? [] : [{ ...wire, input }]
  }
  const { panel, modules = [], gpio } = fittings
  return [
    ...[...(panel === null ? [] : [panel]), ...modules].flatMap(({ address, inputs }) =>
      inputs.flatMap(wire => placed(address, wire)),
    ),
    ...(gpio?.inputs ?? []).flatMap(wire =>
      placed('gpio', { ...wire, activeWhen: wire.activeWhen === 'high' ? 'closed' : 'open' }),
    ),
  ]
}

/** The fittings with every channel where it was found. */
export function rewired(
  fittings: Fittings,
  terminals: readonly Terminal[],
  found: readonly Wiring[],
): Fittings {
  const wiresAt = (at: Terminal['at']): Wiring[] =>
    found.flatMap(wire => {
      const terminal = terminals[wire.input]
      return terminal?.at === at ? [{ ...wire, input: terminal.input }] : []
    })
  const { panel, modules, gpio, ...rest } = fittings
  const lines = wiresAt('gpio').map(wire => ({
    ...wire,
    activeWhen: wire.activeWhen === 'closed' ? ('high' as const) : ('low' as const),
  }))
  return {
    ...rest,
    panel: panel && { ...panel, inputs: wiresAt(panel.address) },
    ...(modules && { modules: modules.map(row => ({ ...row, inputs: wiresAt(row.address) })) }),
    ...(gpio && lines.length > 0 && { gpio: { ...gpio, inputs: lines } }),
  }
}

/** A module's driver profile with all its terminals and no wiring; undefined for one this version does not know. */
export function bareProfile({ device, address }: { readonly device: string; readonly address: number }) {
  const known = panelDevice(device)
  return known && factoryProfile(known, { address })
}
