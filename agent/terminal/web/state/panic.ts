import { computed, effect, signal } from '@preact/signals'
import { grown, nowMs, said } from './car.ts'
import { sendTap } from './tap-http.ts'

/** Long enough that a sleeve does not do it, short enough for a struggle. */
export const HOLD_MS = 2_000
/** An alarm nobody answered for is asked again this often; pressing twice is better than pressing in vain. */
const AGAIN_MS = 1_000
const TRIES_MAX = 60
/** How long the screen says that the centre knows. */
const KNOWN_SHOWN_MS = 10 * 60_000

export const holding = signal(false)
/** Let go too early: said once, until the next touch. */
export const letGo = signal(false)
/** What became of a press on the screen, where the car's own state cannot say it. */
export const pressed = signal<'none' | 'sending' | 'unstored' | 'failed'>('none')

/** The discreet word beside the button. */
export type PanicWord =
  | { readonly kind: 'none' | 'sending' | 'failed' }
  | { readonly kind: 'stored' | 'delivered' | 'known' | 'unstored'; readonly ageMs: number }

const knownSinceMs = signal<number | null>(null)

export const panicWord = computed<PanicWord>(() => {
  const panic = said.value?.view.panic
  if (pressed.value === 'sending' || pressed.value === 'failed') return { kind: pressed.value }
  if (panic === undefined) return { kind: 'none' }
  const ageMs = grown(panic.ageMs)
  if (panic.active) {
    if (panic.delivered) return { kind: 'delivered', ageMs }
    const unstored = pressed.value === 'unstored' || said.value?.view.store === 'poisoned'
    return { kind: unstored ? 'unstored' : 'stored', ageMs }
  }
  if (!panic.acknowledged || knownSinceMs.value === null) return { kind: 'none' }
  return nowMs.value - knownSinceMs.value < KNOWN_SHOWN_MS ? { kind: 'known', ageMs } : { kind: 'none' }
})

let timer: ReturnType<typeof setTimeout> | undefined

export function holdStart(): void {
  if (holding.value) return
  letGo.value = false
  holding.value = true
  timer = setTimeout(() => {
    holding.value = false
    void raise()
  }, HOLD_MS)
}

export function holdEnd(): void {
  if (!holding.value) return
  clearTimeout(timer)
  holding.value = false
  letGo.value = true
}

async function raise(): Promise<void> {
  pressed.value = 'sending'
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await sendTap({ kind: 'panic' })
    if (answer.accepted) {
      pressed.value = 'none'
      return
    }
    // The car took the alarm and sends it at once, only its disk did not: asking again would add nothing.
    if (answer.code !== 'AGENT_SILENT' && answer.code !== 'NOT_READY') {
      pressed.value = answer.code.startsWith('OUTBOX') ? 'unstored' : 'failed'
      return
    }
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
  }
  pressed.value = 'failed'
}

/** P held is the same as the button held: a steering wheel's key can be bound to it. */
export function startPanic(): void {
  addEventListener('keydown', event => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return
    if (event.key === 'p' || event.key === 'P') holdStart()
  })
  addEventListener('keyup', event => {
    if (event.key === 'p' || event.key === 'P') holdEnd()
  })
  addEventListener('blur', holdEnd)
  effect(() => {
    const known = said.value?.view.panic.acknowledged === true
    if (!known) knownSinceMs.value = null
    else if (knownSinceMs.peek() === null) knownSinceMs.value = performance.now()
  })
}
