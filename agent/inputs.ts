import type { Channel, ChannelValue, Gauge, Output, PanelLife } from '#protocols/equipment.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import type { InputListener, InputSource } from '#hardware/inputs/input-source.ts'
import { worstLife } from '#hardware/inputs/input-source.ts'
import { openRules } from '#hardware/inputs/open-rules.ts'
import type { InputRule } from '#hardware/inputs/rules.ts'
import { openPanels } from '#hardware/panel/open-panel.ts'
import type { FittedModule } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { PanelProfile } from '#hardware/panel/profile.ts'
import type { OpenPort } from '#hardware/port.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'

/** A panel answers every poll; this long without an answer means the cable. */
const PANEL_SILENCE_MS_MAX = 3_000

/** A source that is not a Modbus line: the car's own bus, lines of this computer. */
export type OtherSource = {
  readonly name: string
  /** What it tells, once it tells anything. */
  readonly channels: readonly Channel[]
  readonly open: (listener: InputListener) => InputSource
}

export type InputParts = {
  readonly clock: Clock
  readonly log: Logger
  readonly openPort: OpenPort
  readonly panel: {
    readonly path: string
    readonly baud: number
    /** Absent: wired as the factory does it. */
    readonly profile?: PanelProfile
    /** Further modules on the same line. */
    readonly others?: readonly PanelProfile[]
  } | null
  readonly sources?: readonly OtherSource[]
  readonly rules?: readonly InputRule[]
}

export type InputHearer = {
  onInput(channel: Channel, value: ChannelValue): void
  onGauge(gauge: Gauge, value: number | null): void
  /** The worst of all sources; not called where there is none. */
  onPanel(state: PanelLife): void
}

export type Inputs = {
  /** Switches an output of the first module; without a panel nothing is there to switch. */
  setOutput(output: Output, on: boolean): void
  close(): Promise<void>
}

/** What the car is wired for, whether anything was heard of it or not. */
export function channelsOf({
  panel,
  sources = [],
}: Pick<InputParts, 'panel' | 'sources'>): readonly Channel[] {
  const modules = panel === null ? [] : [panel.profile ?? factoryProfile(), ...(panel.others ?? [])]
  return [
    ...modules.flatMap(({ inputs }) => inputs.map(({ channel }) => channel)),
    ...sources.flatMap(({ channels }) => channels),
  ]
}

/** Everything a car's inputs come from, as one: each source into the rules, the rules to whoever hears. */
export function openInputs(parts: InputParts, hearer: InputHearer): Inputs {
  const { clock, log } = parts
  const lives = new Map<string, PanelLife>()
  const closers: (() => void | Promise<void>)[] = []
  const rules = openRules(parts.rules ?? [], clock, (channel, value) => hearer.onInput(channel, value))

  const listenerOf = (name: string): InputListener => {
    lives.set(name, 'no_device')
    return {
      onInput: (channel, value) => rules.hear(channel, value),
      onGauge: (gauge, value) => hearer.onGauge(gauge, value),
      onState: (state, _now, why) => {
        const fault = why && { code: why.code, detail: why.detail }
        log.info({ event: 'panel.state', state, source: name, ...fault })
        lives.set(name, state)
        hearer.onPanel(worstLife(lives.values()))
      },
    }
  }

  let setOutput: Inputs['setOutput'] = () => {}
  if (parts.panel) {
    const { path, baud, profile = factoryProfile(), others = [] } = parts.panel
    const port = openReopeningPort(parts.openPort, path, { baud, silenceMsMax: PANEL_SILENCE_MS_MAX }, clock)
    const modules = [profile, ...others].map((row): FittedModule => {
      const name = `${path}#${row.address}`
      const onSetup = (outcome: 'done' | 'refused'): void =>
        log[outcome === 'done' ? 'info' : 'warn']({ event: 'panel.setup', source: name, outcome })
      return { profile: row, listener: { ...listenerOf(name), onSetup } }
    })
    const [first] = openPanels(port, clock, modules)
    setOutput = (output, on) =>
      void first!.setOutput(output, on).then(result => {
        if (!result.ok) log.warn({ event: 'panel.output', output, on, code: result.code })
      })
    closers.push(
      () => first!.close(),
      () => port.close(),
    )
  }
  for (const { name, open } of parts.sources ?? []) {
    const source = open(listenerOf(name))
    closers.push(() => source.close())
  }
  return {
    setOutput: (output, on) => setOutput(output, on),
    close: async () => {
      for (const close of closers) await close()
      rules.close()
    },
  }
}
