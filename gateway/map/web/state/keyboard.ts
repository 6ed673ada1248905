import { signal } from '@preact/signals'
import { closeFocus, flyTo, focus } from './focus.ts'
import { runHotkey } from './hotkeys.ts'
import { incidentsNewestFirst, isOpen } from './picture.ts'

/** What Enter does now: set by the card before it is on the screen, null when it does nothing. */
export const primary = signal<(() => void) | null>(null)
/** Which of the numbered candidates Enter would take, from 0. */
export const picked = signal(0)
/** What a digit answers while a question with reasons is open, from 0; null when none is. */
export const choices = signal<((n: number) => void) | null>(null)
/** The list of keys. */
export const helpOpen = signal(false)

/** Enter, Esc, digits, arrows and letters; typing in a field is left alone. */
export function startKeyboard(): void {
  addEventListener('keydown', event => {
    const target = event.target as HTMLElement
    const typing = target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select')
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (event.key === 'Escape') {
      if (helpOpen.value) return void (helpOpen.value = false)
      target.blur()
      if (!typing && !runHotkey('Escape')) closeFocus()
      return
    }
    if (helpOpen.value) return
    if (event.key === 'Enter') return onEnter(event, target)
    if (typing) return
    const key = event.key.toLowerCase()
    if (event.key === '?') helpOpen.value = true
    else if (event.key === '/') {
      event.preventDefault()
      document.querySelector<HTMLInputElement>('#search')?.focus()
    } else if (key === 'n') nextIncident()
    else if (/^[1-9]$/.test(key)) onDigit(Number(key) - 1)
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') movePick(event, target)
    else if (!event.repeat && runHotkey(key)) event.preventDefault()
  })
}

function onDigit(n: number): void {
  if (choices.value !== null) choices.value(n)
  else if (n < 5) picked.value = n
}

/** A button or link that has the focus keeps its own Enter; a field hands over to the card it stands in. */
function onEnter(event: KeyboardEvent, target: HTMLElement): void {
  if (event.repeat || target.matches('button, a, summary, select, #search')) return
  if (primary.value === null) return
  event.preventDefault()
  primary.value()
}

function movePick(event: KeyboardEvent, target: HTMLElement): void {
  if (primary.value === null || target.closest('.map-canvas, .virtual, [role=tablist]') !== null) return
  event.preventDefault()
  picked.value = Math.max(0, Math.min(4, picked.value + (event.key === 'ArrowDown' ? 1 : -1)))
}

/** Those nobody was sent to come first, then the others, each newest first; again from the start at the end. */
function nextIncident(): void {
  const open = incidentsNewestFirst.value.filter(isOpen)
  const order = [
    ...open.filter(({ view }) => view.state === 'received'),
    ...open.filter(({ view }) => view.state !== 'received'),
  ]
  const here = order.findIndex(({ view }) => focus.value.kind === 'incident' && focus.value.id === view.id)
  const next = order[(here + 1) % Math.max(1, order.length)]
  if (next === undefined) return
  focus.value = { kind: 'incident', id: next.view.id }
  flyTo(next.view.place)
}
