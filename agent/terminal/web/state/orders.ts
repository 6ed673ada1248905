import { computed, effect, signal, untracked } from '@preact/signals'
import type { Tap, TerminalOrder } from '#protocols/terminal.ts'
import { agent, said } from './car.ts'
import { sendTap } from './tap-http.ts'

export type StepTap = Exclude<Tap['kind'], 'panic' | 'stay_on' | SensedTap>
/** Answers to what the car found out by itself. */
export type SensedTap = 'undo_arrival' | 'not_there'
export type Step = TerminalOrder['step']

/** The one huge button of each step: forward, one tap at a time. */
export const NEXT: Readonly<Record<Step, StepTap | null>> = {
  received: 'sign',
  signed: 'on_scene',
  enroute: 'on_scene',
  on_scene: 'clear',
  cleared: null,
  refused: null,
  cancelled: null,
}

/** A tap on its way: `sending`, then `done` long enough to be read, or `refused` with why. */
export type TapState = {
  readonly orderId: string
  readonly kind: StepTap
  /** The step the crew saw when the finger came down; shown until the car has stored the next one. */
  readonly from: Step
  readonly state: 'sending' | 'done' | 'refused'
  readonly code: string
}

/**
 * How long a confirmation stays in place of the next button. A finger that bounces on the glass would otherwise sign
 * and arrive with one movement.
 */
const DONE_SHOWN_MS = 1_200

export const tap = signal<TapState | null>(null)
const chosenId = signal<string | null>(null)
/** Cancelled orders the crew has read; they stay in the list until the car drops them. */
const readIds = signal<ReadonlySet<string>>(new Set())

export const isActive = (order: TerminalOrder): boolean => NEXT[order.step] !== null

const orders = computed(() => said.value?.view.orders ?? [])
/** What deserves the whole screen: work to do, and orders taken back that nobody has read yet. */
export const onScreen = computed(() =>
  orders.value.filter(
    order =>
      isActive(order) ||
      (order.step === 'cancelled' && !readIds.value.has(order.orderId)) ||
      (order.orderId === tap.value?.orderId && tap.value.state !== 'refused'),
  ),
)
export const ended = computed(() => orders.value.filter(order => !onScreen.value.includes(order)))

export const shown = computed<TerminalOrder | null>(() => {
  const all = onScreen.value
  return all.find(order => order.orderId === chosenId.value) ?? all[0] ?? null
})
export const others = computed(() => onScreen.value.filter(order => order !== shown.value))

export const choose = (orderId: string): void => {
  chosenId.value = orderId
}
export const markRead = (orderId: string): void => {
  readIds.value = new Set([...readIds.value, orderId])
  if (chosenId.value === orderId) chosenId.value = null
}

/** The step to draw: while a tap is on its way the screen stays where the finger was. */
export const drawnStep = (order: TerminalOrder): Step =>
  tap.value?.orderId === order.orderId && tap.value.state === 'sending' ? tap.value.from : order.step

/** A screen that changed by itself under a falling finger: its buttons wait until an eye can have seen it. */
const SETTLE_MS = 700
export const settling = signal(false)

function takeScreen(orderId: string): void {
  chosenId.value = orderId
  settling.value = true
  setTimeout(() => (settling.value = false), SETTLE_MS)
}

export const isBusy = (): boolean => tap.value !== null && tap.value.state !== 'refused'

export async function press(order: TerminalOrder, kind: StepTap): Promise<void> {
  if (isBusy() || settling.value || agent.value !== 'live') return
  const own = { orderId: order.orderId, kind, from: order.step, code: '' }
  tap.value = { ...own, state: 'sending' }
  const answer = await sendTap({ kind, orderId: order.orderId })
  if (!answer.accepted) {
    tap.value = { ...own, state: 'refused', code: answer.code }
    return
  }
  tap.value = { ...own, state: 'done' }
  await new Promise(resolve => setTimeout(resolve, DONE_SHOWN_MS))
  tap.value = null
}

export const answering = signal(false)

/** Takes an automatic arrival back, or says no to the question of a far stop. */
export async function answerSensed(order: TerminalOrder, kind: SensedTap): Promise<void> {
  if (answering.value || agent.value !== 'live') return
  answering.value = true
  const answer = await sendTap({ kind, orderId: order.orderId })
  answering.value = false
  if (!answer.accepted)
    tap.value = {
      orderId: order.orderId,
      kind: 'on_scene',
      from: order.step,
      state: 'refused',
      code: answer.code,
    }
}

/** A new order takes the screen, whatever was being read. `onNews` hears of it once: a new one or one taken back. */
export function startOrders(onNews: (news: 'new' | 'cancelled') => void): void {
  let shownId: string | null = null
  let known: ReadonlyMap<string, Step> | null = null
  effect(() => {
    if (said.value === null) return
    const before = known
    known = new Map(orders.value.map(order => [order.orderId, order.step]))
    const fresh = orders.value.find(o => o.step === 'received' && before?.has(o.orderId) !== true)
    const takenBack = orders.value.find(
      o => o.step === 'cancelled' && (before?.get(o.orderId) ?? 'cancelled') !== 'cancelled',
    )
    // The car moved the order on by itself, as an arrival does: the next button is not under the finger that meant the last.
    const moved = orders.value.find(o => o.orderId === shownId && before?.get(o.orderId) !== o.step)
    const bySelf = moved !== undefined && untracked(() => tap.value) === null
    if (fresh !== undefined) {
      if (shownId === null) chosenId.value = fresh.orderId
      else takeScreen(fresh.orderId)
      onNews('new')
    } else if (takenBack !== undefined) {
      if (takenBack.orderId === shownId) takeScreen(takenBack.orderId)
      onNews('cancelled')
    } else if (bySelf) takeScreen(moved.orderId)
    shownId = untracked(() => shown.value?.orderId ?? null)
  })
}
