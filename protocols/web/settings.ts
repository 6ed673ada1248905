import { effect, signal } from '@preact/signals'
import type { Signal } from '@preact/signals'

export type Language = 'zh' | 'en'
export type Theme = 'day' | 'night'

export type Settings = {
  readonly language: Signal<Language>
  readonly theme: Signal<Theme>
  readonly switchLanguage: () => void
  readonly switchTheme: () => void
  /** Shows both on the document and, where the page follows the desk, the desk's own day and night. */
  readonly start: () => void
}

/**
 * Language and theme of one page, remembered under `reach5.{page}.…`. `first` is the theme nobody chose: `desk` follows the
 * computer, so a wall screen turns dark with its room. `remembers: false` for a page that strangers use: each begins anew.
 */
export function openSettings(
  page: string,
  options: { readonly first: Theme | 'desk'; readonly remembers?: boolean },
): Settings {
  const memory = options.remembers === false ? FORGETFUL : storageOf(page)
  const prefersDark = matchMedia('(prefers-color-scheme: dark)')
  const ofDesk = (): Theme => (prefersDark.matches ? 'night' : 'day')
  const told = memory.get('theme')
  const unchosen = options.first === 'desk' ? ofDesk() : options.first

  const language = signal<Language>(memory.get('language') === 'en' ? 'en' : 'zh')
  const theme = signal<Theme>(told === 'day' || told === 'night' ? told : unchosen)
  return {
    language,
    theme,
    switchLanguage: () => {
      language.value = language.value === 'zh' ? 'en' : 'zh'
      memory.set('language', language.value)
    },
    switchTheme: () => {
      theme.value = theme.value === 'day' ? 'night' : 'day'
      memory.set('theme', theme.value)
    },
    start: () => {
      if (options.first === 'desk')
        prefersDark.addEventListener('change', () => {
          if (memory.get('theme') === null) theme.value = ofDesk()
        })
      effect(() => {
        document.documentElement.dataset['theme'] = theme.value
        document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
      })
    },
  }
}

type Memory = {
  readonly get: (key: string) => string | null
  readonly set: (key: string, value: string) => void
}

const FORGETFUL: Memory = { get: () => null, set: () => {} }

/** Storage may be refused (a locked-down desk): then the choice lasts as long as the page. */
const storageOf = (page: string): Memory => ({
  get: key => {
    try {
      return localStorage.getItem(`reach5.${page}.${key}`)
    } catch {
      return null
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(`reach5.${page}.${key}`, value)
    } catch {
      // Not remembered, and nothing depends on it.
    }
  },
})
