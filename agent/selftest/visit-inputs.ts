import { CHANNELS } from '#protocols/equipment.ts'
import type { ActionResult, TechnicianView } from '#protocols/technician.ts'
import { openRawPanel } from './raw-panel.ts'
import type { RawPanel } from './raw-panel.ts'
import { DONE, NOT_NOW, keepFittings, refused } from './visit.ts'
import type { Visit } from './visit.ts'
import { wiringOf } from './visit-fittings.ts'
import { foundWiring, initialWalk, isWalked, walk, walkView, wrongChannels } from './walk.ts'
import type { WalkEvent } from './walk.ts'

/** The step that walks the inputs. */
export type InputsStep = {
  /** Begins anew with what is fitted now. The returned function closes the line. */
  open(): () => Promise<void>
  /** Refused while no module is open: there is nothing to walk. */
  ask(event: Extract<WalkEvent, { type: 'start' | 'again' }>): ActionResult
  feed(event: WalkEvent): void
  /** Takes the wiring as it was found. */
  fix(): Promise<ActionResult>
  view(): Pick<TechnicianView['inputs'], 'contacts' | 'walk'>
}

export function openInputsStep(visit: Visit): InputsStep {
  const { state, publish, parts } = visit
  let walkState = initialWalk(wiringOf(visit.fittings), CHANNELS.length)
  let panel: RawPanel | null = null

  function feed(event: WalkEvent): void {
    for (const effect of walk(walkState, event, parts.clock.now())) panel?.trigger(effect.on)
    judge()
    if (event.type !== 'tick') publish()
  }

  function judge(): void {
    if (state.inputs.state === 'skipped') return
    const wrong = wrongChannels(walkState)
    const next =
      walkState.at !== null
        ? 'running'
        : !isWalked(walkState)
          ? 'waiting'
          : wrong.length > 0
            ? 'failed'
            : 'passed'
    if (next === state.inputs.state) return
    const why = next === 'failed' ? { code: 'WIRING_DIFFERS', detail: wrong.join(', ') } : null
    state.inputs = { ...state.inputs, state: next, fault: why }
    publish()
  }

  return {
    open: () => {
      const fitted = visit.fittings.panel
      walkState = initialWalk(wiringOf(visit.fittings), CHANNELS.length)
      state.inputs = { state: fitted === null ? 'skipped' : 'waiting', panel: 'no_device', fault: null }
      panel =
        fitted &&
        openRawPanel(parts.openPort, fitted, parts.clock, {
          onContacts: contacts => feed({ type: 'contacts', contacts }),
          onLife: life => {
            state.inputs = { ...state.inputs, panel: life }
            publish()
          },
        })
      return async () => {
        const opened = panel
        panel = null
        await opened?.close()
      }
    },
    ask: event => {
      if (panel === null) return NOT_NOW
      feed(event)
      return DONE
    },
    feed,
    fix: async () => {
      const { fittings } = visit
      if (!walkView(walkState).fixable || fittings.panel === null) return NOT_NOW
      const inputs = [...foundWiring(walkState)]
      const saved = await keepFittings(visit, { ...fittings, panel: { ...fittings.panel, inputs } })
      if (!saved.ok) return refused(saved)
      feed({ type: 'fix' })
      return DONE
    },
    view: () => ({ contacts: [...walkState.contacts], walk: walkView(walkState) }),
  }
}
