import { effect, signal } from '@preact/signals'
import { openSettings } from '#protocols/web/settings.ts'

/** Every visitor begins anew: nothing of the one before is remembered, not even the language. */
const settings = openSettings('kiosk', { first: 'desk', remembers: false })
export const { language, switchLanguage } = settings

/** Half as large again, for eyes that need it. */
export const largeText = signal(false)
/** Everything to touch in the lower half, for children and wheelchairs. */
export const lowReach = signal(false)

export function startSettings(): void {
  settings.start()
  effect(() => {
    const { dataset } = document.documentElement
    dataset['text'] = largeText.value ? 'large' : 'plain'
    dataset['reach'] = lowReach.value ? 'low' : 'plain'
  })
}
