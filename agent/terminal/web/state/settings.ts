import { effect, signal } from '@preact/signals'

export type Language = 'zh' | 'en'
export type Theme = 'day' | 'night'

/** Storage may be refused (a locked-down kiosk): then the choice lasts as long as the page. */
function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`reach5.terminal.${key}`)
  } catch {
    return null
  }
}
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`reach5.terminal.${key}`, value)
  } catch {
    // Not remembered, and nothing depends on it.
  }
}

export const language = signal<Language>(remembered('language') === 'en' ? 'en' : 'zh')
/** Night first: a white screen in a dark car blinds the driver, a dark one by day is merely dull. */
export const theme = signal<Theme>(remembered('theme') === 'day' ? 'day' : 'night')

export const switchLanguage = (): void => {
  language.value = language.value === 'zh' ? 'en' : 'zh'
  remember('language', language.value)
}
export const switchTheme = (): void => {
  theme.value = theme.value === 'day' ? 'night' : 'day'
  remember('theme', theme.value)
}

export function startSettings(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
  })
}
