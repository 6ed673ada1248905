import { openSettings } from '#protocols/web/settings.ts'

/** Day first: a bench is lit; a vehicle at night has the switch in the corner. */
export const {
  language,
  theme,
  switchLanguage,
  switchTheme,
  start: startSettings,
} = openSettings('technician', { first: 'desk' })
