import type { TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import { grown } from '../state/car.ts'
import { language, switchLanguage, switchTheme, theme } from '../state/settings.ts'
import { audible } from '../state/tone.ts'
import { timeWords, words } from '../words/words.ts'
import { LinkChip } from './link.tsx'

/** Who we are, what time it is. With an order on the screen the link moves up here. */
export function Header({
  view,
  compact,
}: {
  readonly view: TerminalState | null
  readonly compact: boolean
}) {
  const w = words.value
  const other = theme.value === 'day' ? 'night' : 'day'
  return (
    <header class="header">
      <h1 class="call-sign" data-long={(view?.callSign.length ?? 0) > 8}>
        {view?.callSign ?? '—'}
      </h1>
      {view !== null && <span class="grid-name">{view.grid?.name ?? view.gridName ?? w.noGrid}</span>}
      <span class="header-space" />
      {view !== null && compact && <LinkChip view={view} />}
      {!audible.value && !compact && (
        <span class="sound-off">
          <Icon name="mute" />
          {w.soundOff}
        </span>
      )}
      {view !== null && <Clock view={view} />}
      <button
        type="button"
        class="square-button"
        lang={language.value === 'zh' ? 'en' : 'zh-CN'}
        title={w.otherLanguageTitle}
        data-do="language"
        onClick={switchLanguage}
      >
        {w.otherLanguage}
      </button>
      <button type="button" class="square-button" data-do="theme" onClick={switchTheme}>
        <Icon name={other === 'night' ? 'moon' : 'sun'} />
        <small>{other === 'night' ? w.toNight : w.toDay}</small>
      </button>
    </header>
  )
}

function Clock({ view }: { readonly view: TerminalState }) {
  const unset = view.clockQuality === 'none'
  return (
    <time class="clock" data-unset={unset}>
      <b class="num">{timeWords(view.utcMs + grown(0))}</b>
      {unset && (
        <small>
          <Icon name="alarm" />
          {words.value.clockUnset}
        </small>
      )}
    </time>
  )
}
