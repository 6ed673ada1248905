import type { TechnicianView, WalkResult } from '#protocols/technician.ts'
import { Icon } from '../look/icons.tsx'
import { words } from '../words/words.ts'
import { Hint, Primary, Reasons, Remedy, Secondary } from './parts.tsx'

export function InputsStep({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { inputs } = view
  const { walk } = inputs
  if (inputs.state === 'skipped') return <Hint>{w.none}</Hint>
  return (
    <>
      {inputs.panel !== 'ok' && (
        <p class="remedy" role="alert">
          <Icon name="warn" />
          <span>{w.panelStates[inputs.panel]}</span>
        </p>
      )}
      {walk.phase === 'idle' && (
        <>
          <Hint>{w.walkHint}</Hint>
          <Primary action={{ kind: 'walk.start' }} disabled={inputs.panel !== 'ok'}>
            {w.walkStart}
          </Primary>
        </>
      )}
      {walk.channel !== null && <Asked view={view} />}
      <Contacts view={view} />
      {walk.fixable && (
        <>
          <Remedy fault={inputs.fault} />
          <Primary action={{ kind: 'walk.fix' }}>{w.fix}</Primary>
          <Hint>{w.fixHint}</Hint>
        </>
      )}
      <ol class="walked">
        {walk.results.map(result => (
          <Walked key={result.channel} result={result} free={walk.channel === null} />
        ))}
      </ol>
    </>
  )
}

/** The one thing to do now, readable at arm's length. */
function Asked({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { walk } = view.inputs
  const { channel, ask, puzzle } = walk
  if (channel === null || ask === null) return null
  return (
    <div class="asked" data-phase={walk.phase} data-channel={channel} data-ask={ask}>
      <p class="asked-number">{w.askNumber(walk.order.indexOf(channel) + 1, walk.order.length)}</p>
      <Icon name={channel} />
      <p class="asked-words" role="status">
        {walk.phase === 'back' && <small>{w.nowBack}</small>}
        <b>{w.ask[channel][ask === 'on' ? 0 : 1]}</b>
      </p>
      {walk.by === 'computer' && <Hint>{w.byComputer}</Hint>}
      {puzzle !== null && (
        <p class="puzzle" role="alert">
          {w.puzzles[puzzle.is](
            puzzle.inputs.map(i => w.terminal(view.inputs.terminals[i] ?? '?')).join(w.and),
          )}
        </p>
      )}
      <Reasons label={w.skip} reasons={w.skipReasons} action={reason => ({ kind: 'walk.skip', reason })} />
    </div>
  )
}

function Contacts({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  return (
    <div class="contacts" role="img" aria-label={`${w.contacts} ${contactWords(view.inputs)}`}>
      {view.inputs.contacts.map((closed, i) => (
        <span key={i} data-closed={closed ?? 'unknown'}>
          {w.terminal(view.inputs.terminals[i] ?? '?')}
        </span>
      ))}
    </div>
  )
}

const contactWords = ({ contacts, terminals }: TechnicianView['inputs']): string =>
  contacts.map((closed, i) => `${terminals[i] ?? '?'}${closed === null ? '?' : closed ? '●' : '○'}`).join(' ')

function Walked({ result, free }: { readonly result: WalkResult; readonly free: boolean }) {
  const w = words.value
  const good = result.outcome === 'right' || result.corrected
  const icon = result.outcome === 'skipped' ? 'skipped' : good ? 'passed' : 'failed'
  return (
    <li data-outcome={result.outcome} data-corrected={result.corrected} data-channel={result.channel}>
      <Icon name={icon} />
      <span>
        <b>{w.channels[result.channel]}</b>
        <small>
          {w.outcomes[result.outcome]}
          {result.outcome === 'right' && result.terminal !== null && ` ${w.terminal(result.terminal)}`}
          {result.terminal !== null &&
            result.expectedTerminal !== null &&
            result.terminal !== result.expectedTerminal &&
            `${w.because}${w.foundAt(result.terminal, result.expectedTerminal)}`}
          {result.reason !== '' && `${w.because}${result.reason}`}
          {result.corrected && ` · ${w.corrected}`}
        </small>
      </span>
      {free && <Secondary action={{ kind: 'walk.again', channel: result.channel }}>{w.again}</Secondary>}
    </li>
  )
}
