import type { StepFault, StepState, TechnicianView } from '#protocols/technician.ts'
import type { Clock } from '#protocols/time.ts'
import type { SelfTest } from './self-test.ts'
import { findingWords, puzzleWords, remedy, resultWords, words } from './visit-words.ts'

/** What a person says beforehand instead of being asked on the way. */
export type VisitWishes = {
  readonly technician: string
  /** A one-time code; null: the identity there is, or none. */
  readonly code: string | null
  readonly enrolUrl: string
  /** Why the inputs are not walked; null: they are. */
  readonly skipInputs: string | null
  /** Why a signal that is not good is taken as it is; null: it is not. */
  readonly acceptSignal: string | null
}

/** Where the words go. */
export type Screen = {
  say(line: string): void
  /** A block that is shown anew while it changes: the sky during the signal check. */
  live(view: TechnicianView): void
  /** Calls back when the person has no hand for what is asked now. */
  onSkip(listener: () => void): () => void
}

/** A step that waits at its turn waits for an earlier one. */
const UNTRIED: Readonly<Partial<Record<string, string>>> = {
  signal: 'no receiver was found',
  inputs: 'no input module answers',
  proof: 'no identity to send with',
}

const STEP_WITHIN_MS = 90_000
/** A person who went for coffee; the channel is then skipped with that as its reason. */
const HAND_WITHIN_MS = 60_000

/** A module that was late is asked again within five seconds; one that is silent for twice as long is not there. */
const READ_WITHIN_MS = 10_000

/** A whole visit in one go, told line by line; ends with the report made, whatever failed on the way. */
export async function runVisit(
  visit: SelfTest,
  clock: Clock,
  screen: Screen,
  wishes: VisitWishes,
): Promise<TechnicianView> {
  const { say } = screen
  const settled = (step: 'health' | 'ports' | 'signal'): Promise<TechnicianView> =>
    until(visit, clock, view => view[step].state !== 'running', STEP_WITHIN_MS)
  const tell = (step: 'identity' | 'ports' | 'signal' | 'inputs' | 'proof'): void => {
    const { state, fault } = visit.view()[step]
    const untried = state === 'waiting' && fault === null ? UNTRIED[step] : undefined
    say(untried === undefined ? line(step, state, fault) : `${step.padEnd(8)} not tried: ${untried}`)
  }

  const { health } = await settled('health')
  for (const { name, value, code } of health.checks) say(`health   ${name} ${value}${remedy(code)}`)

  await identify(visit, wishes)
  if (visit.view().mode === 'bench')
    say('identity skipped: no --code, so no gateway is asked and the report says bench')
  else tell('identity')

  const { ports } = await settled('ports')
  for (const finding of ports.findings) say(`ports    ${findingWords(finding)}`)
  if (ports.gnss !== null || ports.panel !== null)
    await visit.act({
      ...{ kind: 'fit' as const, gnss: ports.gnss, panel: ports.panel, isIncomplete: ports.fault !== null },
    })
  if (ports.fault !== null) say(line('ports', 'failed', ports.fault))

  if (visit.view().signal.state === 'running') {
    const stop = visit.onView(view => void (view.signal.state === 'running' && screen.live(view)))
    const shown = await settled('signal')
    stop()
    screen.live(shown)
  }
  if (visit.view().signal.state === 'failed' && wishes.acceptSignal !== null)
    await visit.act({ kind: 'signal.accept', reason: wishes.acceptSignal })
  tell('signal')

  await walkInputs(visit, clock, screen, wishes.skipInputs)
  tell('inputs')

  if (visit.view().identity.state === 'passed') await visit.act({ kind: 'prove' })
  tell('proof')

  await visit.act({ kind: 'report', technician: wishes.technician })
  const { report } = visit.view()
  say(
    `report   ${report.verdict ?? 'not made'} ${report.file ?? ''}${report.fault ? words(report.fault) : ''}`,
  )
  return visit.view()
}

async function identify(visit: SelfTest, { code, enrolUrl }: VisitWishes): Promise<void> {
  if (code !== null) await visit.act({ kind: 'enrol', code, url: enrolUrl })
  else if (visit.view().identity.device === null) await visit.act({ kind: 'bench' })
}

/** Asks for one movement after the other, until every input was seen or skipped. */
async function walkInputs(
  visit: SelfTest,
  clock: Clock,
  { say, onSkip }: Screen,
  reason: string | null,
): Promise<void> {
  // A module is well a moment before what it says is known.
  const ready = ({ inputs: { panel, contacts } }: TechnicianView): boolean =>
    panel === 'ok' && contacts.some(contact => contact !== null)
  if (visit.view().inputs.state === 'skipped') return
  const { inputs } = await until(visit, clock, ready, 5_000)
  for (const name of inputs.panel === 'ok' ? [] : inputs.silent)
    say(line('inputs', 'failed', { code: 'MODULE_SILENT', detail: `${name} does not answer` }))
  // What answers is walked; what does not is said and skipped.
  if (inputs.contacts.every(contact => contact === null)) return
  await visit.act({ kind: 'walk.start' })
  const stop = onSkip(() => void visit.act({ kind: 'walk.skip', reason: 'skipped by hand' }))
  // Terminals nobody waits for any more: who did not answer at the beginning, and who fell silent for good.
  let given = inputs.panel === 'ok' ? new Set<number>() : unreadIn(inputs)
  for (;;) {
    const { channel, ask, by, order } = visit.view().inputs.walk
    if (channel === null) break
    // Nobody is asked to move what cannot be seen: the movement would be over when the module speaks again.
    if (reason === null && isAskedUnread(visit.view(), given)) {
      const isAsked = ({ inputs: { walk } }: TechnicianView): boolean => walk.channel === channel
      await until(visit, clock, view => !isAsked(view) || !isAskedUnread(view, given), READ_WITHIN_MS)
      if (isAskedUnread(visit.view(), given)) given = unreadIn(visit.view().inputs)
      continue
    }
    const why = reason ?? unreadable(visit.view())
    if (why !== null) {
      await visit.act({ kind: 'walk.skip', reason: why })
      continue
    }
    if (by === 'hand')
      say(`inputs   now: ${channel} ${ask ?? ''}   (${order.indexOf(channel) + 1} of ${order.length})`)
    let puzzle = ''
    const moved = await until(
      visit,
      clock,
      ({ inputs: { walk, terminals } }) => {
        const told = walk.puzzle === null ? '' : puzzleWords(walk.puzzle, terminals)
        if (told !== '' && told !== puzzle) say(`inputs   ${told}`)
        puzzle = told
        return walk.channel !== channel || walk.ask !== ask
      },
      HAND_WITHIN_MS,
    )
    if (moved.inputs.walk.channel === channel && moved.inputs.walk.ask === ask)
      await visit.act({ kind: 'walk.skip', reason: `nothing moved within ${HAND_WITHIN_MS / 1_000} s` })
  }
  stop()
  for (const result of visit.view().inputs.walk.results)
    for (const words of resultWords(result)) say(`inputs   ${words}`)
}

/** Terminals of which nothing is known. */
const unreadIn = ({ contacts }: TechnicianView['inputs']): Set<number> =>
  new Set(contacts.flatMap((contact, at) => (contact === null ? [at] : [])))

/** The input that is asked for is not read, and was not given up before. */
function isAskedUnread({ inputs: { contacts, walk } }: TechnicianView, given: ReadonlySet<number>): boolean {
  const at = walk.expectedInput
  return at !== null && contacts[at] === null && !given.has(at)
}

/** Why nobody can see the input that is asked for now: its module does not answer. */
function unreadable({ inputs: { contacts, terminals, walk } }: TechnicianView): string | null {
  const at = walk.expectedInput
  return at === null || contacts[at] !== null ? null : `terminal ${terminals[at] ?? '?'} is not read`
}

/** The first view that fits, or the one there is when the time is over. */
function until(
  visit: SelfTest,
  clock: Clock,
  fits: (view: TechnicianView) => boolean,
  withinMs: number,
): Promise<TechnicianView> {
  if (fits(visit.view())) return Promise.resolve(visit.view())
  return new Promise(resolve => {
    const end = (view: TechnicianView): void => {
      stop()
      cancel()
      resolve(view)
    }
    const stop = visit.onView(view => void (fits(view) && end(view)))
    const cancel = clock.after(withinMs, () => end(visit.view()))
  })
}

const line = (step: string, state: StepState, fault: StepFault | null): string =>
  `${step.padEnd(8)} ${state}${fault === null ? '' : words(fault)}`
