import { Icon } from '../look/icons.tsx'
import { Qr } from '../look/qr.tsx'
import { station } from '../state/station.ts'
import { correct, leave, submit, visit } from '../state/visit.ts'
import type { Step, Visit } from '../state/visit.ts'
import { ANSWERS } from '#protocols/walk-in.ts'
import { words } from '../words/words.ts'
import type { Words } from '../words/zh.ts'
import { grouped } from './contact.tsx'
import { Question } from './frame.tsx'

/** Everything told, in the visitor's words, each with its way to change it. */
export function Check() {
  const w = words.value
  const v = visit.value
  return (
    <Question title={w.check.title}>
      <dl class="told">
        {rowsOf(v, w).map(([step, name, said]) => (
          <div class="told-row" key={name}>
            <dt>{name}</dt>
            <dd>{said}</dd>
            <dd class="told-change">
              <button
                type="button"
                class="chip"
                disabled={v.sending}
                aria-label={`${w.check.change} ${name}`}
                onClick={() => correct(step)}
              >
                <Icon name="pen" />
                {w.check.change}
              </button>
            </dd>
          </div>
        ))}
      </dl>
      {v.refused !== null && (
        <p class="refused" role="alert">
          <b>{w.refused.title}</b>
          {w.refused.words(v.refused)}
        </p>
      )}
      <button
        type="button"
        class="go"
        data-choice="submit"
        disabled={v.sending}
        onClick={() => void submit()}
      >
        <Icon name="check" />
        {v.sending ? w.check.sending : v.refused === null ? w.check.submit : w.refused.again}
      </button>
    </Question>
  )
}

function rowsOf(v: Visit, w: Words): readonly (readonly [Step, string, string])[] {
  const { place } = v
  const told = ANSWERS.filter(name => v.answers[name] !== 'unknown').map(
    name => `${w.details.answers[name]} ${w.details[v.answers[name] as 'yes' | 'no']}`,
  )
  const where =
    place === null
      ? ''
      : place.kind === 'landmark'
        ? place.name
        : place.kind === 'here'
          ? w.where.here
          : w.where.unknown
  const contact =
    v.contact === 'phone'
      ? [grouped(v.phone), v.name].filter(Boolean).join('  ')
      : w.check.contactWas[v.contact ?? 'none']
  return [
    [v.door === 'report' ? 'what' : 'danger', w.check.what, v.class === null ? '' : w.classes[v.class]],
    ['where', w.check.where, where],
    ['when', w.check.when, v.when === null ? '' : w.when.options[v.when]],
    ['details', w.check.details, told.join('；') || w.check.noDetails],
    ['details', w.check.words, v.narrative.trim() || w.check.wordsWere[v.words ?? 'none']],
    ['contact', w.check.contact, contact],
  ]
}

/** Shown only when the report lies synced on the station's disk, whatever the network does. */
export function Receipt() {
  const { receipt } = words.value
  const v = visit.value
  const number = v.number ?? ''
  return (
    <Question title={receipt.title}>
      <div class="receipt">
        <div class="receipt-number">
          <p>{receipt.number}</p>
          <p class="number" data-number={number}>
            {number}
          </p>
          <p class="hint">{receipt.keep}</p>
        </div>
        <Qr text={`R5W.${v.draftId}`} label={receipt.qr} />
      </div>
      <h2>{receipt.next}</h2>
      <ol class="next">
        {nextOf(v, receipt).map(line => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      <button type="button" class="go" data-choice="done" onClick={leave}>
        <Icon name="check" />
        {receipt.done}
      </button>
    </Question>
  )
}

function nextOf(v: Visit, receipt: Words['receipt']): readonly string[] {
  if (v.class === 'complaint') return receipt.complaint
  if (v.class === 'tip_off') return receipt.tip
  if (v.urgent) return receipt.urgent
  const lines = v.contact === 'phone' ? receipt.phone : receipt.here
  return v.class === 'fraud' ? [receipt.fraud, ...lines] : lines
}

/** Whoever pressed for help sees that somebody knows, and what to do until they come. */
export function Emergency() {
  const { alarm } = words.value
  const v = visit.value
  const now = station.value?.alarm
  const desk = now?.deskKnows === true
  const centre = now?.centreKnows === true
  return (
    <Question
      title={v.alarm === 'sending' ? alarm.sending : v.alarm === 'unheard' ? alarm.unheard : alarm.title}
    >
      <p class="stay">{alarm.stay}</p>
      <ul class="knows" aria-live="polite">
        <Knows knows={desk} who={alarm.desk} said={desk ? alarm.deskKnows : alarm.deskWaits} />
        <Knows knows={centre} who={alarm.centre} said={centre ? alarm.centreKnows : alarm.centreWaits} />
      </ul>
      <ul class="advice">
        {alarm.advice.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <button type="button" class="go" data-choice="end" onClick={leave}>
        {alarm.end}
      </button>
    </Question>
  )
}

const Knows = ({ knows, who, said }: { knows: boolean; who: string; said: string }) => (
  <li data-knows={knows}>
    <Icon name={knows ? 'check' : 'clock'} />
    <b>{who}</b> {said}
  </li>
)
