import { signal } from '@preact/signals'
import { render } from 'preact'
import { ALARM_SHOWN_MS, idleAfter } from './idle.ts'
import type { Idle } from './idle.ts'
import { language, largeText, lowReach } from './settings.ts'
import { station } from './station.ts'
import { forget, onLeave, visit } from './visit.ts'

const LOOK_EVERY_MS = 250

export const idle = signal<Idle>({ phase: 'awake' })
let touchedMs = performance.now()

export const touch = (): void => {
  touchedMs = performance.now()
  if (idle.value.phase !== 'awake') idle.value = { phase: 'awake' }
}

/**
 * Forgets the visitor: first what the page holds and shows, then what a browser keeps beside a page (storage, caches,
 * clipboard, undo, form history), by beginning a new document in the place of this one.
 */
export function wipe(): void {
  forget()
  getSelection()?.removeAllRanges()
  for (const storage of [() => localStorage, () => sessionStorage]) {
    try {
      storage().clear()
    } catch {
      // Refused storage holds nothing.
    }
  }
  void navigator.clipboard?.writeText('').catch(() => {})
  void globalThis.caches?.keys().then(names => names.forEach(name => void caches.delete(name)))
  // Without its server a new document would be an error page: then what is shown is forgotten now, the rest on its return.
  if (station.value === null) {
    owed = true
    return
  }
  // What is drawn goes now, not with the next frame.
  render(null, document.querySelector('#page')!)
  location.replace(location.pathname)
}

let owed = false

/** A question is answered by the click on it: gone with the finger's first touch, it would let the rest fall through. */
const heard = (): void => {
  if (idle.value.phase !== 'warning') touch()
}

/** A page that waits for somebody: nothing told, nothing chosen. */
const isFresh = (): boolean =>
  visit.value.step === 'attract' && language.value === 'zh' && !largeText.value && !lowReach.value

export function startIdle(): void {
  onLeave(wipe)
  for (const kind of ['pointerdown', 'keydown', 'input'])
    addEventListener(kind, heard, { capture: true, passive: true })
  setInterval(() => {
    const silentMs = performance.now() - touchedMs
    if (owed && station.value !== null && visit.value.step === 'attract') return wipe()
    if (isFresh()) return touch()
    if (visit.value.step === 'emergency') {
      if (silentMs > ALARM_SHOWN_MS) wipe()
      return
    }
    const now = idleAfter(silentMs)
    if (now.phase === 'over') return wipe()
    if (JSON.stringify(now) !== JSON.stringify(idle.value)) idle.value = now
  }, LOOK_EVERY_MS)
}
