import { Icon } from '../look/icons.tsx'
import { gatewayTimeMs } from '../state/picture.ts'
import { language, switchLanguage, switchTheme, theme } from '../state/settings.ts'
import { link, lostForMs } from '../state/stream.ts'
import { dateWords, timeWords, words } from '../words/words.ts'
import { CoverageGauge } from './coverage-gauge.tsx'
import { Search } from './search.tsx'
import { helpOpen } from '../state/keyboard.ts'

export function TopBar() {
  const w = words.value
  const timeMs = gatewayTimeMs.value
  return (
    <header class="top">
      <div class="brand">
        <Logo />
        <b>{w.title}</b>
        <span>{w.subtitle}</span>
      </div>
      <CoverageGauge />
      <Search />
      <a class="top-link" href="./operator/">
        {w.operations}
      </a>
      <LinkPill />
      <div class="clock">
        <b class="num">{timeMs === null ? '--:--:--' : timeWords(timeMs)}</b>
        <span>{timeMs === null ? '' : dateWords(timeMs)}</span>
      </div>
      <button
        type="button"
        class="icon-button"
        title={`${w.helpTitle} (?)`}
        onClick={() => (helpOpen.value = true)}
      >
        <Icon name="keyboard" title={w.helpTitle} />
      </button>
      <button
        type="button"
        class="icon-button"
        title={theme.value === 'day' ? w.toNight : w.toDay}
        onClick={switchTheme}
      >
        <Icon
          name={theme.value === 'day' ? 'moon' : 'sun'}
          title={theme.value === 'day' ? w.toNight : w.toDay}
        />
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

function LinkPill() {
  const w = words.value
  const state = lostForMs.value === null ? 'live' : link.value.state === 'connecting' ? 'connecting' : 'lost'
  return (
    <span class="link-pill" data-state={state} role="status">
      <i />
      {state === 'live' ? w.live : state === 'connecting' ? w.connecting : w.lost}
    </span>
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
