import type { TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import type { IconName } from '../look/icons.tsx'
import { agent, grown } from '../state/car.ts'
import { ageWords, words } from '../words/words.ts'

type Shown = TerminalState['link'] | 'unknown'

const ICONS: Readonly<Record<Shown, IconName>> = {
  up: 'link',
  connecting: 'waiting',
  down: 'unlink',
  unknown: 'alarm',
}
/** Fewer than this on the way are ordinary seconds of traffic, not a backlog. */
const BACKLOG_MIN = 20

/** Without the car's word nobody knows its link. */
const shownOf = (view: TerminalState): Shown => (agent.value === 'live' ? view.link : 'unknown')

export function LinkTile({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const link = shownOf(view)
  return (
    <section class="tile link-tile" data-link={link}>
      <h2>{w.link}</h2>
      <p class="tile-main">
        <Icon name={ICONS[link]} />
        {link === 'unknown' ? w.linkUnknown : w.links[link]}
        {link !== 'unknown' && <small>{w.linkFor(ageWords(grown(view.linkSinceMs)))}</small>}
      </p>
      {link !== 'unknown' && <p class="tile-more">{queueWords(view)}</p>}
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
  const { queue } = view
  const n = queue.alarm + queue.event + queue.track + queue.diag
  if (view.link === 'up') return n < BACKLOG_MIN ? w.linkSynced : w.linkSending(n)
  return n === 0 ? w.linkNoQueue : w.linkQueue(n)
}

/** The same in the header, beside an order. */
export function LinkChip({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const link = shownOf(view)
  return (
    <span class="link-chip" data-link={link}>
      <Icon name={ICONS[link]} />
      {link === 'unknown' ? w.linkUnknown : w.links[link]}
      {(link === 'down' || link === 'connecting') && <small>{ageWords(grown(view.linkSinceMs))}</small>}
    </span>
  )
}
