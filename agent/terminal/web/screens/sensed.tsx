import type { TerminalOrder } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import { grown } from '../state/car.ts'
import { answerSensed, answering, press } from '../state/orders.ts'
import { distanceWords, timeWords, words } from '../words/words.ts'

/** One line of what the car found out by itself, with the crew's way to say no. Never in the way of the huge button. */
export function Sensed({ order }: { readonly order: TerminalOrder }) {
  const w = words.value.sensed
  const { arrival, stoppedAt, rollingAt, undoMs } = order.sensed
  const undoLeftMs = undoMs === 0 ? 0 : undoMs - grown(0)
  switch (arrival) {
    case 'arrived':
      return (
        <div class="sensed" data-sensed="arrived" role="status">
          <Icon name="check" />
          <p>{w.arrived(timeOf(stoppedAt))}</p>
          {undoLeftMs > 0 && (
            <button
              type="button"
              data-do="undo_arrival"
              disabled={answering.value}
              onClick={() => void answerSensed(order, 'undo_arrival')}
            >
              {w.undo(Math.ceil(undoLeftMs / 1000))}
            </button>
          )}
        </div>
      )
    case 'prompt':
      return (
        <div class="sensed" data-sensed="prompt" role="alert">
          <Icon name="target" />
          <p>{w.prompt(distanceWords(order.distanceM ?? 0))}</p>
          <button type="button" data-do="there" onClick={() => void press(order, 'on_scene')}>
            {w.yes}
          </button>
          <button
            type="button"
            data-do="not_there"
            disabled={answering.value}
            onClick={() => void answerSensed(order, 'not_there')}
          >
            {w.no}
          </button>
        </div>
      )
    case 'near':
      return (
        <div class="sensed" data-sensed="near" role="status">
          <Icon name="target" />
          <p>{w.near}</p>
        </div>
      )
    case 'none':
      if (rollingAt === null || order.step !== 'enroute') return null
      return (
        <div class="sensed" data-sensed="rolling">
          <Icon name="check" />
          <p>{w.rolling(timeWords(rollingAt))}</p>
        </div>
      )
  }
}

const timeOf = (utcMs: number | null): string => (utcMs === null ? '—' : timeWords(utcMs))
