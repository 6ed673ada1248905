import { openSettings } from '#protocols/web/settings.ts'

/** Night first: a white screen in a dark car blinds the driver, a dark one by day is merely dull. */
export const {
  language,
  theme,
  switchLanguage,
  switchTheme,
  start: startSettings,
} = openSettings('terminal', { first: 'night' })
