import { useSignal, useSignalEffect } from '@preact/signals'
import type { TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import { agent } from '../state/car.ts'
import { NEXT, drawnStep, isBusy, markRead, press, settling, tap } from '../state/orders.ts'
import { words } from '../words/words.ts'

/** The next step is always the one huge button; skipping and refusing are beside it, small. */
export function Actions({ order, view }: { readonly order: TerminalOrder; readonly view: TerminalState }) {
  const w = words.value
  const step = drawnStep(order)
  const own = tap.value?.orderId === order.orderId ? tap.value : null
  const off = agent.value !== 'live' || isBusy() || settling.value
  if (step === 'cancelled')
    return (
      <div class="actions">
        <button
          type="button"
          class="huge"
          data-do="read"
          disabled={settling.value}
          onClick={() => markRead(order.orderId)}
        >
          <span>{w.read}</span>
        </button>
      </div>
    )
  const next = NEXT[step]
  return (
    <div class="actions">
      {own !== null && own.state !== 'refused' ? (
        <div class="huge" data-tap={own.state} role="status">
          <Icon name={own.state === 'done' ? 'check' : 'waiting'} />
          <span>
            {own.state === 'done' ? w.done[own.kind] : w.sending}
            {own.state === 'done' && <small>{view.link === 'up' ? w.stored : w.storedOffline}</small>}
          </span>
        </div>
      ) : (
        next !== null && (
          <button
            type="button"
            class="huge"
            data-do={next}
            disabled={off}
            onClick={() => void press(order, next)}
          >
            <span>{w.taps[next]}</span>
          </button>
        )
      )}
      {own === null || own.state === 'refused' ? (
        <>
          {step === 'signed' && (
            <button
              type="button"
              class="small-action"
              data-do="enroute"
              disabled={off}
              onClick={() => void press(order, 'enroute')}
            >
              {w.taps.enroute}
            </button>
          )}
          {(step === 'received' || step === 'signed' || step === 'enroute') && (
            <Refuse key={order.orderId} order={order} off={off} />
          )}
        </>
      ) : null}
    </div>
  )
}

/** A second tap within this time refuses; after it the button forgets the first. */
const SURE_MS = 4_000
/** A bounce of the same finger is not a second tap. */
const BOUNCE_MS = 400

function Refuse({ order, off }: { readonly order: TerminalOrder; readonly off: boolean }) {
  const w = words.value
  const askedAtMs = useSignal<number | null>(null)
  useSignalEffect(() => {
    if (askedAtMs.value === null) return
    const timer = setTimeout(() => (askedAtMs.value = null), SURE_MS)
    return () => clearTimeout(timer)
  })
  const asked = askedAtMs.value !== null
  const onTap = (): void => {
    if (askedAtMs.value === null) askedAtMs.value = performance.now()
    else if (performance.now() - askedAtMs.value >= BOUNCE_MS) {
      askedAtMs.value = null
      void press(order, 'refuse')
    }
  }
  return (
    <button
      type="button"
      class="small-action refuse"
      data-do="refuse"
      data-asked={asked}
      disabled={off}
      onClick={onTap}
    >
      {order.step === 'received' ? w.taps.refuse : w.cannotGo}
      {asked && <b>{w.refuseSure}</b>}
    </button>
  )
}
