import { language, switchLanguage, switchTheme, theme } from '../state/settings.ts'
import { lost, view } from '../state/sim.ts'
import { words } from '../words/words.ts'

const MOON = 'M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12z'
const SUN =
  'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1'

export function TopBar() {
  const w = words.value
  const city = view.value?.city
  const toTheme = theme.value === 'day' ? w.toNight : w.toDay
  return (
    <header class="top">
      <div class="brand">
        <Logo />
        <b>{w.title}</b>
        <span>{w.subtitle}</span>
      </div>
      <nav class="top-links" aria-label="reach5">
        {city && (
          <>
            <a href={city.map} target="_blank" rel="noreferrer">
              {w.map}
            </a>
            <a href={city.operator} target="_blank" rel="noreferrer">
              {w.operator}
            </a>
          </>
        )}
      </nav>
      <span class="pill" data-state={lost.value ? 'lost' : 'live'} role="status">
        <i />
        {lost.value ? w.lost : w.running}
      </span>
      <button type="button" class="icon-button" title={toTheme} aria-label={toTheme} onClick={switchTheme}>
        <svg class="icon" viewBox="0 0 20 20" role="presentation">
          <path d={theme.value === 'day' ? MOON : SUN} />
        </svg>
      </button>
      <button
        type="button"
        class="icon-button is-text"
        title={w.otherLanguageTitle}
        lang={language.value === 'zh' ? 'en' : 'zh-CN'}
        onClick={switchLanguage}
      >
        {w.otherLanguage}
      </button>
    </header>
  )
}

/** Five minutes on a clock face, and the car that is on its way. */
function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="13" />
      <path class="logo-arc" d="M16 3a13 13 0 0 1 11.3 6.5" />
      <path class="logo-car" d="M16 8.5 21.5 22 16 19l-5.5 3z" />
    </svg>
  )
}
