import type { TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import type { IconName } from '../look/icons.tsx'
import { agent, grown } from '../state/car.ts'
import { ageWords, directionWords, distanceWords, words } from '../words/words.ts'
import { EquipmentRow } from './equipment.tsx'
import { LinkTile } from './link.tsx'

/** A place and a speed older than this are history, and say so. */
export const FIX_FRESH_MS = 5_000

/** Between orders: where am I, does the centre see me, what does the car feel. */
export function Idle({ view }: { readonly view: TerminalState }) {
  return (
    <div class="idle" data-move-up={view.moveUp !== undefined}>
      <MoveUpBand moveUp={view.moveUp} />
      <SpeedTile view={view} />
      <FixTile view={view} />
      <LinkTile view={view} />
      <EquipmentRow view={view} />
    </div>
  )
}

/** Where the centre asks the car to stand by, and which way that is. */
function MoveUpBand({ moveUp }: Pick<TerminalState, 'moveUp'>) {
  const w = words.value
  if (moveUp === undefined) return null
  const { place, distanceM, bearingDeg } = moveUp
  return (
    <section class="move-up-band" role="status">
      <Icon name="target" />
      <b>{w.moveUp(place.text)}</b>
      {distanceM !== null && bearingDeg !== null && (
        <span class="num">
          {distanceWords(distanceM)} · {directionWords(bearingDeg)}
        </span>
      )}
    </section>
  )
}

function SpeedTile({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const { position } = view
  const fresh =
    agent.value === 'live' && view.gnss === 'fix' && position !== null && grown(position.ageMs) < FIX_FRESH_MS
  const speed = fresh ? position.speedMps : undefined
  return (
    <section class="tile speed-tile">
      <h2>{w.speed}</h2>
      <p class="speed num">{speed === undefined ? '--' : Math.round(speed * 3.6)}</p>
      <p class="tile-more">{speed === undefined ? w.speedUnknown : w.kmh}</p>
    </section>
  )
}

const GNSS_ICONS: Readonly<Record<TerminalState['gnss'], IconName>> = {
  fix: 'target',
  no_fix: 'search',
  silent: 'alarm',
  no_device: 'cross',
}
const CONSTELLATIONS = ['beidou', 'gps', 'glonass', 'galileo'] as const

type ReceiverTrouble = 'open' | 'short' | 'datum' | 'jammed' | 'doubted'

/** The one thing a crew should know of its receiver, the worst first; null when there is none. */
function troubleOf({ gnss, receiver }: TerminalState): ReceiverTrouble | null {
  if (receiver === undefined) return null
  const { antenna, datum, jamming, hints } = receiver
  // A passive antenna draws nothing and is called open by some receivers, which have a fix all the same.
  if (antenna === 'short' || (antenna === 'open' && gnss !== 'fix')) return antenna
  if (datum !== undefined) return 'datum'
  if (jamming === 'warning' || jamming === 'critical') return 'jammed'
  return hints.length > 0 ? 'doubted' : null
}

function FixTile({ view }: { readonly view: TerminalState }) {
  const w = words.value
  const { position } = view
  const ageMs = position === null ? null : grown(position.ageMs)
  const fresh = agent.value === 'live' && view.gnss === 'fix' && ageMs !== null && ageMs < FIX_FRESH_MS
  const speaks = view.gnss === 'fix' || view.gnss === 'no_fix'
  const trouble = speaks ? troubleOf(view) : null
  return (
    <section class="tile fix-tile" data-gnss={view.gnss}>
      <h2>{w.fix}</h2>
      <p class="tile-main">
        <Icon name={GNSS_ICONS[view.gnss]} />
        {w.gnss[view.gnss]}
        {view.gnss === 'fix' && position !== null && <small>{position.mode}D</small>}
      </p>
      <p class="tile-more" data-old={!fresh}>
        {ageMs === null ? w.positionNever : fresh ? w.positionNow : w.positionAge(ageWords(ageMs))}
      </p>
      {trouble !== null && (
        <p class="tile-warn" data-receiver={trouble}>
          <Icon name="alarm" />
          {w.receiver[trouble]}
        </p>
      )}
      {trouble === null && speaks && position?.sats !== undefined && (
        <ul class="sats" title={w.satellites}>
          {CONSTELLATIONS.map(name => {
            const [used, seen] = position.sats?.[name] ?? [0, 0]
            return (
              <li key={name} data-none={used === 0} aria-label={w.satsOf(used, seen)}>
                <b class="num">{used}</b>
                <span class="num">/{seen}</span>
                <small>{w.constellations[name]}</small>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}
