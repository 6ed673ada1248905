import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../look/icons.tsx'
import type { IconName } from '../look/icons.tsx'
import { language, largeText, lowReach, switchLanguage } from '../state/settings.ts'
import { lastKnown, station } from '../state/station.ts'
import { back, callOfficer, leave, raiseAlarm, stepsOf, visit } from '../state/visit.ts'
import { words } from '../words/words.ts'

/** Who this machine belongs to, and how it is shown. */
export function Header() {
  const w = words.value
  const known = lastKnown.value?.station
  return (
    <header class="header">
      <Icon name="shield" />
      <p class="place">
        <b>{known?.name ?? w.title}</b>
        <small>{known !== undefined && w.kiosk(known.kiosk)}</small>
      </p>
      <div class="tools" role="group" aria-label={w.toolsLabel}>
        <button
          type="button"
          class="tool"
          data-do="language"
          lang={language.value === 'zh' ? 'en' : 'zh-CN'}
          onClick={switchLanguage}
        >
          <Icon name="globe" />
          {w.tools.language}
        </button>
        <Toggle name="text" word={w.tools.large} of={largeText} />
        <Toggle name="reach" word={w.tools.low} of={lowReach} />
      </div>
    </header>
  )
}

function Toggle({ name, word, of }: { name: 'text' | 'reach'; word: string; of: typeof largeText }) {
  return (
    <button
      type="button"
      class="tool"
      data-do={name}
      aria-pressed={of.value}
      onClick={() => void (of.value = !of.value)}
    >
      <Icon name={name} />
      {word}
    </button>
  )
}

/** One question and its answers. The heading takes the focus, so that whoever listens hears it first. */
export function Question(props: { title: string; hint?: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { step } = visit.value
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    document.querySelector('.main')?.scrollTo(0, 0)
  }, [step])
  return (
    <section class="question">
      <Progress />
      <h1 ref={heading} tabIndex={-1}>
        {props.title}
      </h1>
      {props.hint !== undefined && <p class="hint">{props.hint}</p>}
      {props.children}
    </section>
  )
}

function Progress() {
  const { all, at } = stepsOf(visit.value)
  if (at < 1) return null
  return (
    <p class="progress">
      <span class="dots" aria-hidden="true">
        {Array.from({ length: all }, (_, i) => (
          <i key={i} data-done={i < at} />
        ))}
      </span>
      {words.value.step(at, all)}
    </p>
  )
}

/** One big thing to touch: a drawing, a word, and a line that explains it. */
export function Choice(props: {
  icon: IconName
  title: string
  hint?: string | undefined
  chosen?: boolean
  kind?: 'plain' | 'main' | 'danger'
  name: string
  onChoose: () => void
}) {
  const { icon, title, hint, chosen, kind = 'plain', name, onChoose } = props
  return (
    <button
      type="button"
      class="choice"
      data-kind={kind}
      data-choice={name}
      {...(chosen !== undefined && { 'aria-pressed': chosen })}
      onClick={onChoose}
    >
      <Icon name={icon} />
      <span>
        <b>{title}</b>
        {hint !== undefined && <small>{hint}</small>}
      </span>
    </button>
  )
}

/** On every page: back, an officer, out; and the way for whoever is in danger. */
export function Footer() {
  const w = words.value
  const { step } = visit.value
  const isFirst = step === 'attract'
  const noBack = step === 'receipt'
  return (
    <footer class="footer">
      <CallState />
      {!isFirst && (
        <nav class="ways">
          {noBack ? (
            <span />
          ) : (
            <button type="button" class="way" data-do="back" onClick={back}>
              <Icon name="back" />
              {w.back}
            </button>
          )}
          <button type="button" class="way" data-do="officer" onClick={callOfficer}>
            <Icon name="officer" />
            {w.officer}
          </button>
          <button type="button" class="way" data-do="exit" onClick={leave}>
            <Icon name="exit" />
            {w.exit}
          </button>
        </nav>
      )}
      <button type="button" class="emergency" data-do="emergency" onClick={() => raiseAlarm('button')}>
        <Icon name="alarm" />
        <span>
          <b>{w.emergency}</b>
          <small>{w.emergencyHint}</small>
        </span>
      </button>
    </footer>
  )
}

/** What became of a call for an officer, and whether the machine can take anything at all. */
function CallState() {
  const w = words.value
  const now = station.value
  if (now === null && lastKnown.value === null) return null
  const said =
    now === null
      ? w.away
      : !now.accepting
        ? w.full
        : now.call === 'waiting'
          ? w.calling
          : now.call === 'answered' && visit.value.step !== 'attract'
            ? w.called
            : null
  return (
    <p class="said" role="status" data-said={said === null ? 'nothing' : now === null ? 'away' : now.call}>
      {said}
    </p>
  )
}
