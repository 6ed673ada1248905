import type { AssignmentView, Times } from '#protocols/api.ts'
import type { AssignmentState } from '#protocols/incident.ts'
import { declaredGap, momentOf } from '../state/incident-clock.ts'
import type { TimedMoment } from '../state/incident-clock.ts'
import { timeWords, words } from '../words/words.ts'

const STEPS = ['dispatched', 'delivered', 'signed', 'enroute', 'on_scene', 'cleared'] as const
type Step = (typeof STEPS)[number]

const momentOfStep = (times: Times, step: Step): TimedMoment | null => {
  switch (step) {
    case 'dispatched':
      return momentOf(times, 'tDispatched')
    case 'delivered':
      return momentOf(times, 'tDelivered')
    case 'signed':
      return momentOf(times, 'tSigned')
    case 'enroute':
      return momentOf(times, 'tRolling') ?? momentOf(times, 'tEnroute')
    case 'on_scene':
      return momentOf(times, 'tArrived')
    case 'cleared':
      return momentOf(times, 'tCleared')
  }
}

const rankOf = (state: AssignmentState): number => (STEPS as readonly string[]).indexOf(state)

/** Six steps with the time of each; a step that was skipped has no time, because nobody may invent one. */
export function Progress({ assignment }: { assignment: AssignmentView }) {
  const w = words.value
  const reached = rankOf(assignment.state)
  return (
    <ol class="progress" data-state={assignment.state}>
      {STEPS.map((step, n) => {
        const moment = momentOfStep(assignment.times, step)
        const done = n <= reached || moment !== null
        return (
          <li key={step} data-step={step} data-done={done} data-current={n === reached}>
            <span class="progress-dot" />
            <span class="progress-name">{w.steps[step]}</span>
            <time class="num">{moment === null ? (done ? '—' : '') : timeWords(moment.at)}</time>
            <small>{moment === null ? '' : w.slots[moment.slot]}</small>
            <DeclaredGap times={assignment.times} step={step} />
          </li>
        )
      })}
    </ol>
  )
}

/** Where the car sensed a moment the crew also declared: the crew's time, and how far apart the two are. */
function DeclaredGap({ times, step }: { times: Times; step: Step }) {
  const moment = step === 'enroute' ? 'tRolling' : step === 'on_scene' ? 'tArrived' : null
  const gap = moment === null ? null : declaredGap(times, moment)
  return gap === null ? null : (
    <small class="declared">{words.value.declaredGap(timeWords(gap.at), gapWords(gap.seconds))}</small>
  )
}

/** `+35 s`, `-1:05`: the crew's tap after or before the car noticed. */
const gapWords = (seconds: number): string => {
  const whole = Math.round(Math.abs(seconds))
  const sign = seconds < 0 ? '-' : '+'
  return whole < 60
    ? `${sign}${whole} s`
    : `${sign}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
