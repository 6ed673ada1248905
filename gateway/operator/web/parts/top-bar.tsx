import { gatewayTimeMs, lostForMs } from '../state/picture.ts'
import { language, switchLanguage, switchTheme, theme } from '../state/settings.ts'
import { ageWords, clockWords, words } from '../words/words.ts'
import { Icon, Logo } from './icons.tsx'

export function TopBar() {
  const w = words.value
  const lostMs = lostForMs.value
  const time = gatewayTimeMs.value
  const toTheme = theme.value === 'day' ? w.toNight : w.toDay
  return (
    <header class="top">
      <div class="brand">
        <Logo />
        <b>{w.title}</b>
        <span>{w.subtitle}</span>
      </div>
      <nav class="top-links" aria-label="reach5">
        <a href="../">{w.map}</a>
        <a href="./" aria-current="page">
          {w.self}
        </a>
      </nav>
      <span class="pill" data-state={lostMs === null ? 'live' : 'lost'} role="status">
        <i />
        {lostMs === null ? w.live : w.lost(ageWords(lostMs))}
      </span>
      <b class="num">{time === null ? '--:--:--' : clockWords(time)}</b>
      <button type="button" class="icon-button" title={toTheme} aria-label={toTheme} onClick={switchTheme}>
        <Icon name={theme.value === 'day' ? 'moon' : 'sun'} />
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
