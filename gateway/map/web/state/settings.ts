import { effect, signal } from '@preact/signals'

export type Language = 'zh' | 'en'
export type Theme = 'day' | 'night'

/** Storage may be refused (a locked-down desk): then the choice lasts as long as the page. */
function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`reach5.${key}`)
  } catch {
    return null
  }
}
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`reach5.${key}`, value)
  } catch {
    // Not remembered, and nothing depends on it.
  }
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)')
const told = remembered('theme')

export const language = signal<Language>(remembered('language') === 'en' ? 'en' : 'zh')
export const theme = signal<Theme>(
  told === 'day' || told === 'night' ? told : prefersDark.matches ? 'night' : 'day',
)

export const switchLanguage = (): void => {
  language.value = language.value === 'zh' ? 'en' : 'zh'
  remember('language', language.value)
}
export const switchTheme = (): void => {
  theme.value = theme.value === 'day' ? 'night' : 'day'
  remember('theme', theme.value)
}

/** Follows the desk's own day and night until somebody chose. */
export function startSettings(): void {
  prefersDark.addEventListener('change', event => {
    if (remembered('theme') === null) theme.value = event.matches ? 'night' : 'day'
  })
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
  })
}
