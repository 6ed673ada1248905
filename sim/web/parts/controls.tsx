import type { ActionGroup, SimOffer, SimUnitDetail } from '../../control/sim-view.ts'
import { act, refusal } from '../state/sim.ts'
import { words } from '../words/words.ts'

const GROUPS: readonly ActionGroup[] = ['inputs', 'link', 'power', 'receiver', 'panel', 'camera', 'disk']

/** Hands on one unit: contacts that change over, and knobs with one position per button. */
export function Controls({ unit }: { unit: SimUnitDetail }) {
  const w = words.value
  return (
    <div class="controls">
      {GROUPS.map(group => {
        const offers = unit.offers.filter(offer => offer.group === group)
        if (offers.length === 0) return null
        return (
          <fieldset key={group} data-group={group}>
            <legend>{w.groups[group]}</legend>
            <div class="buttons">
              {offers.map(offer => (
                <Action key={offer.action} offer={offer} unit={unit.id} />
              ))}
            </div>
            {group === 'disk' && unit.diskHow !== null && <p class="sub">{w.diskHow[unit.diskHow]}</p>}
          </fieldset>
        )
      })}
      {refusal.value !== null && (
        <p class="notice" data-kind="bad" role="alert">
          {w.codes[refusal.value.code] ?? `${w.failed(refusal.value.code)} ${refusal.value.detail}`}
        </p>
      )}
    </div>
  )
}

function Action({ offer, unit }: { offer: SimOffer; unit: string }) {
  const isPress = offer.action === 'panic'
  return (
    <button
      type="button"
      class={`act ${isPress ? 'is-panic' : ''}`}
      data-action={offer.action}
      aria-pressed={isPress ? undefined : offer.isSet}
      onClick={() => void act(offer.action, unit)}
    >
      {words.value.actions[offer.action] ?? offer.action}
    </button>
  )
}
