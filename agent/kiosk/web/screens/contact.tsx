import { Icon } from '../look/icons.tsx'
import {
  allowCallback,
  chooseContact,
  dialled,
  phoneFits,
  typeName,
  typePhone,
  unchoose,
  visit,
} from '../state/visit.ts'
import { NAME_CHARS_MAX } from '#protocols/walk-in.ts'
import { words } from '../words/words.ts'
import { Choice, Question } from './frame.tsx'

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '0'] as const

export function Contact() {
  const { contact } = words.value
  if (visit.value.contact === 'phone') return <Phone />
  return (
    <Question title={contact.title}>
      <div class="list">
        <Choice name="phone" icon="phone" title={contact.phone} onChoose={() => chooseContact('phone')} />
        <Choice
          name="none"
          icon="nophone"
          title={contact.none}
          hint={contact.noneHint}
          onChoose={() => chooseContact('none')}
        />
        <Choice
          name="anonymous"
          icon="mask"
          title={contact.anonymous}
          onChoose={() => chooseContact('anonymous')}
        />
      </div>
    </Question>
  )
}

/** Big keys of our own: a keyboard of the system would remember. */
function Phone() {
  const { contact } = words.value
  const { phone, name, callback } = visit.value
  const fits = phoneFits.value
  return (
    <Question title={contact.phoneLabel}>
      <div class="phone">
        <div class="dial">
          <output class="digits" aria-live="polite" data-fits={fits}>
            {grouped(phone) || ' '}
          </output>
          <p class="hint" role="status">
            {phone.length >= 11 && !fits ? contact.invalid : ''}
          </p>
          <label class="name">
            <span>{contact.name}</span>
            <input
              type="text"
              value={name}
              maxLength={NAME_CHARS_MAX}
              autocomplete="off"
              autocorrect="off"
              spellcheck={false}
              onInput={event => typeName(event.currentTarget.value)}
            />
          </label>
          <button
            type="button"
            class="chip is-wide"
            data-choice="callback"
            aria-pressed={callback}
            onClick={allowCallback}
          >
            {callback && <Icon name="check" />}
            {contact.callback}
          </button>
        </div>
        <div class="keys">
          {KEYS.map(key => (
            <button key={key} type="button" class="key" data-key={key} onClick={() => typePhone(phone + key)}>
              {key}
            </button>
          ))}
          <button
            type="button"
            class="key"
            data-key="erase"
            aria-label={contact.erase}
            onClick={() => typePhone(phone.slice(0, -1))}
          >
            <Icon name="erase" />
          </button>
        </div>
      </div>
      <div class="pair">
        <button type="button" class="go" data-choice="dialled" disabled={!fits} onClick={dialled}>
          <Icon name="check" />
          {contact.done}
        </button>
        <Choice name="other" icon="back" title={contact.other} onChoose={() => unchoose('contact')} />
      </div>
    </Question>
  )
}

/** `138 0013 8000`: as people read their number aloud. */
export const grouped = (phone: string): string =>
  phone.startsWith('1') ? phone.replace(/^(\d{3})(\d{1,4})(\d*)$/, '$1 $2 $3').trim() : phone
