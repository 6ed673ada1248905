import type { TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import type { IconName } from '../look/icons.tsx'
import { grown } from '../state/car.ts'
import { ageWords, words } from '../words/words.ts'

const ICONS: Readonly<Record<TerminalState['link'], IconName>> = {
  up: 'link',
  connecting: 'waiting',
  down: 'unlink',
}
/** Fewer than this on the way are ordinary seconds of traffic, not a backlog. */
const BACKLOG_MIN = 20

export const queued = ({ queue }: TerminalState): number =>
  queue.alarm + queue.event + queue.track + queue.diag

export function LinkTile({ view }: { readonly view: TerminalState }) {
  const w = words.value
  return (
    <section class="tile link-tile" data-link={view.link}>
      <h2>{w.link}</h2>
      <p class="tile-main">
        <Icon name={ICONS[view.link]} />
        {w.links[view.link]}
        <small>{w.linkFor(ageWords(grown(view.linkSinceMs)))}</small>
      </p>
      <p class="tile-more">{queueWords(view)}</p>
      {w.stores[view.store] !== '' && (
        <p class="tile-warn">
          <Icon name="alarm" />
          {w.stores[view.store]}
        </p>
      )}
    </section>
  )
}

function queueWords(view: TerminalState): string {
  const w = words.value
  const n = queued(view)
  if (view.link === 'up') return n < BACKLOG_MIN ? w.linkSynced : w.linkSending(n)
  return n === 0 ? w.linkNoQueue : w.linkQueue(n)
}

export function LinkChip({ view }: { readonly view: TerminalState }) {
  const w = words.value
  return (
    <span class="link-chip" data-link={view.link}>
      <Icon name={ICONS[view.link]} />
      {w.links[view.link]}
      {view.link !== 'up' && <small>{ageWords(grown(view.linkSinceMs))}</small>}
    </span>
  )
}
