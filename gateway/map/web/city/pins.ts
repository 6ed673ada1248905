import type { IncidentView } from '#protocols/api.ts'
import type { IncidentClock } from '../state/incident-clock.ts'
import { clockWords, words } from '../words/words.ts'

/** What an incident's clock looks like wherever it is shown. */
export type Tone = 'waiting' | 'running' | 'late' | 'arrived' | 'closed'

export function toneOf(clock: IncidentClock): Tone {
  switch (clock.phase) {
    case 'waiting':
      return 'waiting'
    case 'running':
      return clock.breach === 'none' ? 'running' : 'late'
    case 'arrived':
      return clock.inTime ? 'arrived' : 'late'
    case 'closed':
      return 'closed'
  }
}

/** `3:21`, `+0:14` when over. */
export function clockFace(clock: IncidentClock): string {
  switch (clock.phase) {
    case 'waiting':
    case 'arrived':
      return clockWords(clock.seconds)
    case 'running':
      return (clock.remainingSeconds < 0 ? '+' : '') + clockWords(clock.remainingSeconds)
    case 'closed':
      return ''
  }
}

/** What the number means, in two to four characters. */
export function clockCaption(clock: IncidentClock): string {
  const w = words.value
  switch (clock.phase) {
    case 'waiting':
      return w.waited
    case 'running':
      return clock.remainingSeconds < 0 ? w.overBy : w.remaining
    case 'arrived':
      return w.arrivedIn
    case 'closed':
      return ''
  }
}

/** A pin is a button: it can be reached by keyboard and read aloud. */
export function pinElement(onOpen: () => void): HTMLElement {
  const pin = document.createElement('button')
  pin.type = 'button'
  pin.className = 'pin'
  for (const part of ['pin-class', 'pin-clock', 'pin-bar']) {
    const span = document.createElement('span')
    span.className = part
    pin.append(span)
  }
  pin.addEventListener('click', event => {
    event.stopPropagation()
    onOpen()
  })
  return pin
}

export function paintPin(
  pin: HTMLElement,
  incident: IncidentView,
  clock: IncidentClock,
  chosen: boolean,
): void {
  const [glyph, face, bar] = [...pin.children] as HTMLElement[]
  pin.dataset['tone'] = toneOf(clock)
  pin.dataset['chosen'] = String(chosen)
  pin.setAttribute(
    'aria-label',
    `${words.value.classes[incident.class]} ${incident.place.text} ${clockFace(clock)}`,
  )
  glyph!.textContent = words.value.classGlyphs[incident.class]
  face!.textContent = clockFace(clock)
  const share =
    clock.phase === 'running' ? Math.max(0, Math.min(1, clock.remainingSeconds / incident.targetSeconds)) : 0
  bar!.style.transform = `scaleX(${share.toFixed(3)})`
}

/** The sign on a closed or slow road, a button like a pin. */
export function signElement(onOpen: () => void): HTMLElement {
  const sign = document.createElement('button')
  sign.type = 'button'
  sign.className = 'closure-sign'
  sign.addEventListener('click', event => {
    event.stopPropagation()
    onOpen()
  })
  return sign
}

export function ringElement(className: string): HTMLElement {
  const ring = document.createElement('span')
  ring.className = className
  ring.setAttribute('aria-hidden', 'true')
  return ring
}
