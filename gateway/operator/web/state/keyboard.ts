import { choose, chosen, tab, TABS } from './desk.ts'

/** `/` finds, 1 to 4 change the tab, Escape closes the details. Keys typed into a field belong to the field. */
export function startKeyboard(): void {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const typing =
      event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null
    if (event.key === 'Escape' && chosen.value !== null) return choose(null)
    if (typing) return
    const asked = TABS[Number(event.key) - 1]
    if (asked !== undefined) tab.value = asked
    if (event.key !== '/') return
    event.preventDefault()
    tab.value = 'devices'
    setTimeout(() => document.querySelector<HTMLInputElement>('#find')?.focus())
  })
}
