import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import '#protocols/web/tokens.css'
import './desk.css'
import type { DeskItem } from '#protocols/kiosk.ts'
import { desk, isAway, muted, nowMs, ringing, startDesk, startTone, take, taken, waiting } from './desk.ts'
import { settings, words } from './words.ts'

/** The duty officer's queue: who waits longest is first, what rings is above everything. */
function Page() {
  const w = words.value
  const state = desk.value?.state
  document.title = `${ringing.value ? '● ' : ''}${w.title} · reach5`
  return (
    <div class="desk" data-ringing={ringing.value}>
      <header class="top">
        <h1>
          {state?.station.name ?? ''} {w.title}
        </h1>
        <p class="state" role="status" data-link={isAway.value ? 'away' : (state?.link ?? 'connecting')}>
          {isAway.value ? w.away : state?.link === 'up' ? w.up : w.down}
          {state !== undefined && state.queue > 0 && <b> {w.queue(state.queue)}</b>}
        </p>
        {muted.value && <p class="mute">{w.muted}</p>}
        <button type="button" onClick={settings.switchLanguage}>
          {w.language}
        </button>
        <button type="button" onClick={settings.switchTheme}>
          {w.theme[settings.theme.value]}
        </button>
      </header>
      <main>
        <h2>
          {w.waiting} {waiting.value.length}
        </h2>
        {waiting.value.length === 0 && <p class="nothing">{w.nothing}</p>}
        <ul aria-live="assertive">
          {waiting.value.map(item => (
            <Item key={item.kind + item.ref} item={item} />
          ))}
        </ul>
        {taken.value.length > 0 && <h2>{w.taken}</h2>}
        <ul>
          {taken.value.slice(0, 20).map(item => (
            <Item key={item.kind + item.ref} item={item} />
          ))}
        </ul>
      </main>
    </div>
  )
}

function Item({ item }: { item: DeskItem }) {
  const w = words.value
  const grownMs = item.ageMs + (nowMs.value - (desk.value?.heardMs ?? nowMs.value))
  const facts = [
    item.number,
    item.words === 'officer' ? w.officerWrites : item.words === 'typed' ? w.written : null,
    item.contact !== null ? w.contact[item.contact] : null,
  ].filter(fact => fact !== null)
  return (
    <li
      class="item"
      data-kind={item.kind}
      data-urgent={item.emergency}
      data-taken={item.taken}
      data-ref={item.ref}
    >
      <p class="what">
        <b>{item.class === null ? w.kinds[item.kind] : w.classes[item.class]}</b>
        {item.kind === 'report' && item.emergency && <em>{w.urgent}</em>}
        <span>{w.age(Math.max(0, Math.floor(grownMs / 1000)))}</span>
      </p>
      <p class="facts">{facts.join('　')}</p>
      {item.kind !== 'call' && (
        <p class="sent">{item.centreKnows ? w.acknowledged : item.delivered ? w.delivered : w.pending}</p>
      )}
      {!item.taken && (
        <button type="button" class="take" onClick={() => take(item.ref)}>
          {w.take}
        </button>
      )}
    </li>
  )
}

settings.start()
startDesk()
startTone()
render(<Page />, document.querySelector('#page')!)
