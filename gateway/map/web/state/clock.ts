import { signal } from '@preact/signals'

/**
 * The page's own monotonic time in milliseconds, moved once a second. Ages are always computed from it, so they keep
 * growing when the gateway is silent, and a wrong wall clock of the desk computer changes nothing.
 */
export const nowMs = signal(performance.now())

/** Nobody sees the page: its tab is behind another. What is heard is kept, nothing is drawn. */
export const isHidden = signal(false)

export const startClock = (): void => {
  isHidden.value = document.hidden
  document.addEventListener('visibilitychange', () => (isHidden.value = document.hidden))
  setInterval(() => (nowMs.value = performance.now()), 1000)
}

/** Something the gateway said, and the page's own time at which it was true. */
export type Held<T> = { readonly view: T; readonly trueAtMs: number }

/**
 * `saidAt` is the gateway's time of the message, `view.at` the gateway's time of the view: a view that was already old
 * when it was sent keeps that age.
 */
export function hold<T extends { readonly at: string }>(view: T, saidAt: string): Held<T> {
  const alreadyOldMs = Math.max(0, Date.parse(saidAt) - Date.parse(view.at))
  return { view, trueAtMs: performance.now() - alreadyOldMs }
}

/** An age that was `ageMs` when the view was made, now. */
export const grown = (ageMs: number, held: Held<unknown>, now: number): number =>
  Math.max(0, ageMs + (now - held.trueAtMs))

/** What the gateway's wall clock says now, by its last word and our elapsed time. */
export const gatewayMs = (held: Held<{ readonly at: string }>, now: number): number =>
  Date.parse(held.view.at) + (now - held.trueAtMs)
