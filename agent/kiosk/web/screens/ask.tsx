import { Icon } from '../look/icons.tsx'
import { lastKnown } from '../state/station.ts'
import {
  answer,
  chooseClass,
  choosePlace,
  chooseWhen,
  chooseWords,
  enter,
  raiseAlarm,
  safe,
  unchoose,
  visit,
  write,
  written,
} from '../state/visit.ts'
import { ANSWERS, NARRATIVE_CHARS_MAX } from '#protocols/walk-in.ts'
import type { WalkInWhen } from '#protocols/walk-in.ts'
import { words } from '../words/words.ts'
import { Choice, Question } from './frame.tsx'

const DOORS = ['report', 'lost_person', 'consult', 'tip_off', 'complaint'] as const
const TILES = [
  'injury',
  'theft',
  'fraud',
  'traffic',
  'dispute',
  'help',
  'lost_person',
  'vice',
  'other',
] as const
const WHENS: readonly WalkInWhen[] = ['now', 'today', 'earlier', 'unknown']

/** The machine waits: five doors, and the red one below them. */
export function Attract() {
  const w = words.value
  return (
    <Question title={w.welcome} hint={w.welcomeHint}>
      <div class="doors">
        {DOORS.map(door => (
          <Choice
            key={door}
            name={door}
            icon={door}
            kind={door === 'report' ? 'main' : 'plain'}
            title={w.doors[door].title}
            hint={w.doors[door].hint}
            onChoose={() => enter(door)}
          />
        ))}
      </div>
    </Question>
  )
}

/** Asked before anything else, because everything else can wait. */
export function Danger() {
  const { danger } = words.value
  return (
    <Question title={danger.title} hint={danger.hint}>
      <div class="pair">
        <Choice
          name="danger"
          icon="alarm"
          kind="danger"
          title={danger.yes}
          hint={danger.yesHint}
          onChoose={() => raiseAlarm('danger')}
        />
        <Choice name="safe" icon="check" title={danger.no} hint={danger.noHint} onChoose={safe} />
      </div>
    </Question>
  )
}

export function What() {
  const w = words.value
  return (
    <Question title={w.what}>
      <div class="tiles">
        {TILES.map(tile => (
          <Choice
            key={tile}
            name={tile}
            icon={tile}
            title={w.classes[tile]}
            onChoose={() => chooseClass(tile)}
          />
        ))}
      </div>
    </Question>
  )
}

export function Where() {
  const { where } = words.value
  const known = lastKnown.value
  return (
    <Question title={where.title}>
      <div class="pair">
        <Choice
          name="here"
          icon="pin"
          kind="main"
          title={where.here}
          hint={where.hereHint(known?.station.name ?? '')}
          onChoose={() => choosePlace({ kind: 'here' })}
        />
        <Choice
          name="unknown"
          icon="help"
          title={where.unknown}
          hint={where.unknownHint}
          onChoose={() => choosePlace({ kind: 'unknown' })}
        />
      </div>
      {(known?.places.length ?? 0) > 0 && (
        <>
          <h2>{where.near}</h2>
          <div class="places">
            {known?.places.map(({ name, lat, lon, distanceM }) => (
              <button
                key={name}
                type="button"
                class="place-choice"
                data-choice="landmark"
                onClick={() => choosePlace({ kind: 'landmark', name, lat, lon })}
              >
                <b>{name}</b>
                <small>{where.away(distanceM)}</small>
              </button>
            ))}
          </div>
        </>
      )}
    </Question>
  )
}

export function When() {
  const { when } = words.value
  return (
    <Question title={when.title}>
      <div class="list">
        {WHENS.map(option => (
          <Choice
            key={option}
            name={option}
            icon={option === 'unknown' ? 'help' : 'clock'}
            kind={option === 'now' ? 'main' : 'plain'}
            title={when.options[option]}
            onChoose={() => chooseWhen(option)}
          />
        ))}
      </div>
    </Question>
  )
}

/** Four questions nobody has to answer, then the story: not at all, by an officer, or by oneself. */
export function Details() {
  const { details } = words.value
  const v = visit.value
  if (v.words === 'typed') return <Story />
  return (
    <Question title={details.title} hint={details.hint}>
      <div class="answers">
        {ANSWERS.map(name => (
          <div class="answer" role="group" aria-label={details.answers[name]} key={name}>
            <p>{details.answers[name]}</p>
            {(['yes', 'no'] as const).map(said => (
              <button
                key={said}
                type="button"
                class="chip"
                data-choice={`${name}-${said}`}
                aria-pressed={v.answers[name] === said}
                onClick={() => answer(name, said)}
              >
                {v.answers[name] === said && <Icon name="check" />}
                {details[said]}
              </button>
            ))}
          </div>
        ))}
      </div>
      <h2>{details.words}</h2>
      <div class="three">
        <Choice
          name="none"
          icon="skip"
          kind="main"
          title={details.none}
          onChoose={() => chooseWords('none')}
        />
        <Choice
          name="officer"
          icon="officer"
          title={details.officer}
          onChoose={() => chooseWords('officer')}
        />
        <Choice name="typed" icon="pen" title={details.typed} onChoose={() => chooseWords('typed')} />
      </div>
    </Question>
  )
}

function Story() {
  const { details } = words.value
  const { narrative } = visit.value
  return (
    <Question title={details.label}>
      <textarea
        class="story"
        aria-label={details.label}
        value={narrative}
        maxLength={NARRATIVE_CHARS_MAX}
        rows={6}
        autocomplete="off"
        autocorrect="off"
        spellcheck={false}
        onInput={event => write(event.currentTarget.value)}
      />
      <p class="hint">{details.left(NARRATIVE_CHARS_MAX - narrative.length)}</p>
      <div class="pair">
        <Choice name="written" icon="check" kind="main" title={details.done} onChoose={written} />
        <Choice name="unwritten" icon="back" title={details.stop} onChoose={() => unchoose('words')} />
      </div>
    </Question>
  )
}
