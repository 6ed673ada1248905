import type { ActionResult, StepFault, TechnicianView } from '#protocols/technician.ts'
import { openRawTerminals } from './raw-terminals.ts'
import type { RawTerminals } from './raw-terminals.ts'
import { rewired, terminalsOf, wiringIn } from './terminals.ts'
import { DONE, NOT_NOW, keepFittings, refused } from './visit.ts'
import type { Visit } from './visit.ts'
import { foundWiring, initialWalk, isWalked, walk, walkView, wrongChannels } from './walk.ts'
import type { WalkEvent, WalkState } from './walk.ts'

/** A reply that is late on a busy computer is not a module without power: silent this long is. */
const SILENT_MS = 3_000

/** The step that walks the inputs. */
export type InputsStep = {
  /** Begins anew with what is fitted now. The returned function closes the line. */
  open(): () => Promise<void>
  /** Refused while no module is open: there is nothing to walk. */
  ask(event: Extract<WalkEvent, { type: 'start' | 'again' }>): ActionResult
  feed(event: WalkEvent): void
  /** Takes the wiring as it was found. */
  fix(): Promise<ActionResult>
  view(): Pick<TechnicianView['inputs'], 'contacts' | 'terminals' | 'walk'>
}

export function openInputsStep(visit: Visit): InputsStep {
  const { state, publish, parts } = visit
  let terminals = terminalsOf(visit.fittings)
  let walkState = beginning()
  let raw: RawTerminals | null = null
  let silentSince: ReadonlyMap<string, number> = new Map()

  function beginning(): WalkState {
    terminals = terminalsOf(visit.fittings)
    return initialWalk(
      wiringIn(visit.fittings, terminals),
      terminals.map(({ name }) => name),
    )
  }

  function feed(event: WalkEvent): void {
    for (const effect of walk(walkState, event, parts.clock.now())) raw?.trigger(effect.on)
    judge()
    if (event.type !== 'tick') publish()
  }

  function judge(): void {
    if (state.inputs.state === 'skipped') return
    const why = isWalked(walkState) ? faultNow() : null
    const next =
      walkState.at !== null
        ? 'running'
        : !isWalked(walkState)
          ? 'waiting'
          : why === null
            ? 'passed'
            : 'failed'
    if (next === state.inputs.state) return
    state.inputs = { ...state.inputs, state: next, fault: why }
    publish()
  }

  function faultNow(): StepFault | null {
    const wrong = wrongChannels(walkState)
    if (wrong.length > 0) return { code: 'WIRING_DIFFERS', detail: wrong.join(', ') }
    const { monoMs } = parts.clock.now()
    const silent = state.inputs.silent.filter(name => monoMs - silentSince.get(name)! >= SILENT_MS)
    return silent.length === 0 ? null : { code: 'MODULE_SILENT', detail: silent.join(', ') }
  }

  return {
    open: () => {
      walkState = beginning()
      const isFitted = visit.fittings.panel !== null || visit.fittings.gpio !== undefined
      state.inputs = {
        ...{ state: isFitted ? 'waiting' : 'skipped', panel: 'no_device', silent: [], fault: null },
      }
      raw = openRawTerminals(
        { open: parts.openPort, tools: parts.tools, clock: parts.clock },
        visit.fittings,
        terminals,
        {
          onContacts: contacts => feed({ type: 'contacts', contacts }),
          onLife: (life, silent) => {
            const { monoMs } = parts.clock.now()
            silentSince = new Map(silent.map(name => [name, silentSince.get(name) ?? monoMs]))
            state.inputs = { ...state.inputs, panel: life, silent: [...silent] }
            publish()
          },
        },
      )
      return async () => {
        const opened = raw
        raw = null
        await opened?.close()
      }
    },
    ask: event => {
      if (raw === null) return NOT_NOW
      feed(event)
      return DONE
    },
    feed,
    fix: async () => {
      if (!walkView(walkState).fixable) return NOT_NOW
      const saved = await keepFittings(visit, rewired(visit.fittings, terminals, foundWiring(walkState)))
      if (!saved.ok) return refused(saved)
      feed({ type: 'fix' })
      return DONE
    },
    view: () => ({
      contacts: [...walkState.contacts],
      terminals: terminals.map(({ name }) => name),
      walk: walkView(walkState),
    }),
  }
}
