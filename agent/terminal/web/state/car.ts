import { computed, signal } from '@preact/signals'
import { TerminalState } from '#protocols/terminal.ts'

/*
 * What the car last said, and how long ago by the page's own monotonic clock. Ages grow by themselves when the car is
 * silent; a wrong wall clock of the computer changes nothing.
 */
type Said = { readonly view: TerminalState; readonly atMs: number }

export const nowMs = signal(performance.now())
export const said = signal<Said | null>(null)

/** Milliseconds since the car's last word; since the page's start before the first. */
export const silentMs = computed(() => Math.max(0, nowMs.value - (said.value?.atMs ?? startedMs)))
const startedMs = performance.now()

/** The car speaks once a second; three words missed are a car that is gone, one is a busy computer. */
const SILENT_MS_MAX = 3_500
/** A stream that closed and came back within this time is not worth a word. */
const GRACE_MS = 1_500

export const streamOpen = signal(false)

export const agent = computed<'live' | 'starting' | 'gone'>(() => {
  if (said.value === null) return silentMs.value < SILENT_MS_MAX ? 'starting' : 'gone'
  return silentMs.value < (streamOpen.value ? SILENT_MS_MAX : GRACE_MS) ? 'live' : 'gone'
})

/** The car was updated while the page was open: what it says no longer fits this page. */
export const outdated = signal(false)

export function hear(text: string): void {
  nowMs.value = performance.now()
  const parsed = TerminalState.safeParse(parseJson(text))
  outdated.value = !parsed.success
  if (parsed.success) said.value = { view: parsed.data, atMs: nowMs.value }
}

/** An age that was `ageMs` when the car said it, now. */
export const grown = (ageMs: number): number => Math.max(0, ageMs + silentMs.value)

const TICK_MS = 500
export const startClock = (): void => {
  setInterval(() => (nowMs.value = performance.now()), TICK_MS)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
