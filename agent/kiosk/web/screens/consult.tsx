import { Icon } from '../look/icons.tsx'
import { ask, leave, visit } from '../state/visit.ts'
import { ConsultTopic } from '#protocols/walk-in.ts'
import { words } from '../words/words.ts'
import { Choice, Question } from './frame.tsx'

/** Information, and an end: nobody has to say who they are to ask. */
export function Topics() {
  const { topics } = words.value
  return (
    <Question title={topics.title} hint={topics.hint}>
      <div class="tiles">
        {ConsultTopic.options.map(topic => (
          <Choice
            key={topic}
            name={topic}
            icon="consult"
            title={topics.names[topic]}
            onChoose={() => ask(topic)}
          />
        ))}
      </div>
    </Question>
  )
}

export function Topic() {
  const { topics } = words.value
  const topic = visit.value.topic ?? 'opening_hours'
  return (
    <Question title={topics.names[topic]}>
      <ul class="text">
        {topics.texts[topic].map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="hint">{topics.ask}</p>
      <button type="button" class="go" data-choice="done" onClick={leave}>
        <Icon name="check" />
        {topics.done}
      </button>
    </Question>
  )
}
