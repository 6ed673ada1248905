import type { GnssState, PanelLife } from '#protocols/equipment.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import type { DemoFlags } from './flags.ts'
import type { Say } from './house.ts'

/** Real hardware of the full vehicle, in the place of the simulated: a serial line or gpsd; null: simulated. */
export type PluggedIn = {
  readonly gnss: string | null
  readonly gnssBaud: number | null
  readonly panel: string | null
}

export const pluggedInOf = (flags: Pick<DemoFlags, 'gnss' | 'gnss-baud' | 'panel'>): PluggedIn => ({
  gnss: flags.gnss ?? null,
  gnssBaud: flags['gnss-baud'] ?? null,
  panel: flags.panel ?? null,
})

const GNSS_WORDS: Readonly<Record<GnssState, string>> = {
  fix: 'a receiver with a fix; its car is where it says',
  no_fix: 'a receiver that has no fix yet',
  silent: 'the line is there, but nothing a receiver would say',
  no_device: 'not plugged in (no_device); it is waited for, and its car has no place until then',
}
const PANEL_WORDS: Readonly<Record<PanelLife, string>> = {
  ok: 'a panel that answers',
  silent: 'the line is there, but no panel answers',
  no_device: 'not plugged in (no_device); it is waited for',
}

/** Tells, at first sight and at every change, what is found where real hardware was named. */
export function tellPluggedIn({ gnss, panel }: PluggedIn, say: Say): (view: TerminalState) => void {
  let told = { gnss: '', panel: '' }
  return view => {
    if (gnss !== null && view.gnss !== told.gnss) say(`--gnss ${gnss}: ${GNSS_WORDS[view.gnss]}`)
    if (panel !== null && view.panel !== told.panel) say(`--panel ${panel}: ${PANEL_WORDS[view.panel]}`)
    told = view
  }
}
