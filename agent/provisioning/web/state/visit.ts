import { computed, signal } from '@preact/signals'
import { ActionResult, STEPS, TechnicianView } from '#protocols/technician.ts'
import type { StepName, TechnicianAction } from '#protocols/technician.ts'

/* What the computer last said of the visit, and the way to ask something of it. */
export const view = signal<TechnicianView | null>(null)
/** `over`: the visit was ended on purpose, this process is now the agent. */
export const link = signal<'starting' | 'live' | 'gone' | 'over'>('starting')
/** Which action is on its way, and what was refused last. */
export const acting = signal<TechnicianAction['kind'] | null>(null)
export const refusal = signal<string | null>(null)

const isDone = (step: StepName): boolean => {
  const state = view.value?.[step].state
  return state === 'passed' || state === 'skipped'
}

/** The first step that still wants something. */
export const current = computed<StepName>(() => STEPS.find(step => !isDone(step)) ?? 'report')
/** A step the person opened by hand stays open until the current one changes. */
const opened = signal<StepName | null>(null)
export const shownStep = computed<StepName>(() => opened.value ?? current.value)
export const doneCount = computed(() => STEPS.filter(isDone).length)
export const open = (step: StepName): void => void (opened.value = step)

export async function act(action: TechnicianAction): Promise<boolean> {
  if (acting.value !== null) return false
  acting.value = action.kind
  refusal.value = null
  try {
    const answer = await fetch('./v1/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(action),
    })
    const result = ActionResult.safeParse(await answer.json())
    const accepted = result.success && result.data.accepted
    if (!accepted) refusal.value = result.success ? result.data.code : 'BODY_INVALID'
    if (accepted && action.kind === 'start') link.value = 'over'
    return accepted
  } catch {
    refusal.value = 'NOT_READY'
    return false
  } finally {
    acting.value = null
  }
}

const RETRY_MS = 800

/** The whole view at every change; connects again by itself until the visit is over. */
export function startStream(): void {
  const url = new URL('v1/stream', location.href.replace(/^http/, 'ws')).href
  const connect = (): void => {
    const socket = new WebSocket(url)
    socket.onmessage = event => hear(String(event.data))
    socket.onclose = () => {
      if (link.value === 'over') return
      link.value = 'gone'
      setTimeout(connect, RETRY_MS)
    }
  }
  connect()
}

function hear(text: string): void {
  const parsed = TechnicianView.safeParse(JSON.parse(text))
  if (!parsed.success) return
  const before = current.value
  view.value = parsed.data
  if (link.value !== 'over') link.value = 'live'
  if (current.value !== before) opened.value = null
}
