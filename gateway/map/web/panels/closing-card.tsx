import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect } from 'preact/hooks'
import type { ClosureCreate, ClosureWhere } from '#protocols/closures.ts'
import { bearingOf, closuresLasting, meant } from '../state/closures.ts'
import { flyTo, focus } from '../state/focus.ts'
import { closeRoad, roadsMeant } from '../state/gateway-http.ts'
import { primary } from '../state/keyboard.ts'
import { gatewayTimeMs, takeClosure } from '../state/picture.ts'
import { closureWords, roadNames } from '../words/closure-words.ts'
import { kilometreWords, refusalWords } from '../words/words.ts'
import { Card, Choice, Refusal } from './card.tsx'
import { ClosureItem } from './closure-item.tsx'

type Extent = 'point' | 'near' | 'far'
type Effect = 'closed' | 'half' | 'quarter'
type Lasting = '30' | '60' | '240' | 'open'
const RADIUS_M: Readonly<Record<Exclude<Extent, 'point'>, number>> = { near: 500, far: 2_000 }
const FACTOR: Readonly<Record<Effect, number>> = { closed: 0, half: 0.5, quarter: 0.25 }

/** Which road, how far, which way and for how long; the map shows what is meant before anything is sent. */
export function ClosingCard({ lat, lon }: { lat?: number; lon?: number }) {
  const w = closureWords.value
  const hasPlace = lat !== undefined && lon !== undefined
  return (
    <Card label={w.title} head={<h2>{w.title}</h2>}>
      {hasPlace ? <Closing lat={lat} lon={lon} /> : <Picking />}
    </Card>
  )
}

function Picking() {
  const w = closureWords.value
  return (
    <>
      <p class="closing-hint" role="status">
        <b>{w.pick}</b>
        <span>{w.pickKeys}</span>
      </p>
      <h3>{w.inForce}</h3>
      {closuresLasting.value.length === 0 && <p class="empty">{w.none}</p>}
      <ul class="closures">
        {closuresLasting.value.map(held => (
          <ClosureItem held={held} key={held.view.id} />
        ))}
      </ul>
    </>
  )
}

function Closing({ lat, lon }: { lat: number; lon: number }) {
  const w = closureWords.value
  const extent = useSignal<Extent>('point')
  const towardsDeg = useSignal<number | null>(null)
  const bearing = useSignal<number | null>(null)
  const effect = useSignal<Effect>('closed')
  const lasting = useSignal<Lasting>('60')
  const reason = useSignal<string | null>(null)
  const busy = useSignal(false)
  const refused = useSignal<string | null>(null)

  const where = (): ClosureWhere => {
    const at = { lat, lon, ...(towardsDeg.value !== null && { towardsDeg: towardsDeg.value }) }
    return extent.value === 'point'
      ? { kind: 'point', ...at }
      : { kind: 'road', ...at, radiusM: RADIUS_M[extent.value] }
  }
  useEffect(() => {
    extent.value = 'point'
    towardsDeg.value = bearing.value = null
  }, [lat, lon])
  useEffect(() => {
    let isOld = false
    void roadsMeant(where()).then(answer => {
      if (isOld) return
      refused.value = answer.ok ? null : refusalOf(answer)
      meant.value = answer.ok ? answer.value : null
      // The two ways of a road stay what they were while one of them is chosen.
      if (answer.ok && towardsDeg.value === null) bearing.value = bearingOf(answer.value.lines)
    })
    return () => {
      isOld = true
    }
  }, [lat, lon, extent.value, towardsDeg.value])
  useEffect(() => () => void (meant.value = null), [])

  const create = async (): Promise<void> => {
    if (busy.value || meant.value === null) return
    busy.value = true
    const minutes = lasting.value === 'open' ? null : Number(lasting.value)
    const closure: ClosureCreate = {
      where: where(),
      speedFactor: FACTOR[effect.value],
      reason: reason.value?.trim() || w.reasons[0]!,
      until:
        minutes === null
          ? null
          : new Date((gatewayTimeMs.value ?? Date.now()) + minutes * 60_000).toISOString(),
    }
    const made = await closeRoad(closure)
    busy.value = false
    if (!made.ok) return void (refused.value = refusalOf(made))
    takeClosure(made.value)
    focus.value = { kind: 'closure', id: made.value.id }
  }
  useLayoutEffect(() => {
    primary.value = () => void create()
    return () => {
      primary.value = null
    }
  })

  const stretch = meant.value
  return (
    <div class="closing">
      <p class="closing-road" role="status">
        {stretch === null ? (
          refused.value === null && w.looking
        ) : (
          <>
            <b>{roadNames(stretch.roads)}</b> <span>{w.length(kilometreWords(stretch.lengthM))}</span>
          </>
        )}
      </p>
      <Choice
        label={w.extent}
        options={(['point', 'near', 'far'] as const).map(one => [one, w.extents[one]] as const)}
        value={extent.value}
        onChoose={value => (extent.value = value)}
      />
      {bearing.value !== null && (
        <Choice
          label={w.direction}
          options={[
            ['both', w.both] as const,
            ...[bearing.value, (bearing.value + 180) % 360].map(
              deg => [String(deg), w.towards(headingWord(deg))] as const,
            ),
          ]}
          value={towardsDeg.value === null ? 'both' : String(towardsDeg.value)}
          onChoose={value => (towardsDeg.value = value === 'both' ? null : Number(value))}
        />
      )}
      <Choice
        label={w.effect}
        options={(['closed', 'half', 'quarter'] as const).map(one => [one, w.effects[one]] as const)}
        value={effect.value}
        onChoose={value => (effect.value = value)}
      />
      <Choice
        label={w.lasting}
        options={(['30', '60', '240', 'open'] as const).map(one => [one, w.lastings[one]] as const)}
        value={lasting.value}
        onChoose={value => (lasting.value = value)}
      />
      <label class="field">
        <span class="field-label">{w.reason}</span>
        <input
          type="text"
          maxLength={200}
          list="closure-reasons"
          value={reason.value ?? w.reasons[0]}
          onInput={event => (reason.value = event.currentTarget.value)}
        />
        <datalist id="closure-reasons">
          {w.reasons.map(one => (
            <option value={one} key={one} />
          ))}
        </datalist>
      </label>
      <Refusal text={refused.value} />
      <button
        type="button"
        class="button is-primary is-wide"
        disabled={busy.value || stretch === null}
        onClick={() => void create()}
      >
        {busy.value ? w.confirming : effect.value === 'closed' ? w.confirm : w.confirmSlow}
        <kbd>⏎</kbd>
      </button>
    </div>
  )
}

/** `向东`: of the eight, the nearest. */
const headingWord = (deg: number): string => closureWords.value.headings[Math.round(deg / 45) % 8]!

const refusalOf = (fault: { readonly code: string; readonly detail: string }): string =>
  closureWords.value.codes[fault.code] ?? refusalWords(fault)

/** Opens the card in which a road is chosen; with a place it is the road there. */
export const startClosing = (at?: { readonly lat: number; readonly lon: number }): void => {
  focus.value = { kind: 'closing', ...at }
  if (at !== undefined) flyTo(at)
}
