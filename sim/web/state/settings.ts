import { openSettings } from '#protocols/web/settings.ts'

export const {
  language,
  theme,
  switchLanguage,
  switchTheme,
  start: startSettings,
} = openSettings('sim', { first: 'desk' })
