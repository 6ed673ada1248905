import { openSettings } from '#protocols/web/settings.ts'

/** Follows the desk's own day and night until somebody chose. */
export const {
  language,
  theme,
  switchLanguage,
  switchTheme,
  start: startSettings,
} = openSettings('map', { first: 'desk' })
