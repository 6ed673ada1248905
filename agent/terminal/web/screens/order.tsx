import type { TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import { Dial, SeverityMark } from '../look/marks.tsx'
import { grown } from '../state/car.ts'
import { choose, drawnStep, others, tap } from '../state/orders.ts'
import { ageWords, directionWords, distanceWords, refusalWords, words } from '../words/words.ts'
import { Sensed } from './sensed.tsx'
import { FIX_FRESH_MS } from './idle.tsx'

/** Nearer than this the arrow only dances with the receiver's noise. */
const HERE_M = 30
const OTHERS_MAX = 3

/** The whole screen: what, where, which way. The one button that follows from it is in the footer. */
export function OrderScreen({
  order,
  view,
}: {
  readonly order: TerminalOrder
  readonly view: TerminalState
}) {
  const w = words.value
  const step = drawnStep(order)
  return (
    <article class="order" data-order={order.orderId} data-step={step} data-severity={order.severity}>
      <div class="order-head">
        <SeverityMark severity={order.severity} />
        <b class="order-class">{w.classes[order.class]}</b>
        {order.exercise && <b class="exercise">{w.exercise}</b>}
        <span class="order-step">{w.steps[step]}</span>
        <span class="order-age num">{w.orderAge(ageWords(grown(order.ageMs)))}</span>
        <span class="order-number num">{order.number}</span>
      </div>
      <div class="order-body">
        {step === 'cancelled' ? <Cancelled order={order} /> : <Place order={order} />}
        {step !== 'cancelled' && <Way order={order} view={view} />}
      </div>
      {step !== 'cancelled' && <Sensed order={order} />}
      <TapRefused order={order} />
      <OtherOrders />
    </article>
  )
}

/** Longest text of each size, so that even 200 characters fit beside a strip of other orders; see `.place`. */
const SIZES = [10, 24, 45, 75, 110, Infinity]

function Place({ order }: { readonly order: TerminalOrder }) {
  const { text, lat, lon } = order.place
  const size = SIZES.findIndex(length => text.length <= length)
  if (text !== '')
    return (
      <p class="place" data-size={size} lang="zh-CN">
        {text}
      </p>
    )
  return (
    <p class="place" data-size="1">
      <span class="num">
        {lat.toFixed(5)}, {lon.toFixed(5)}
      </span>
      <small>{words.value.noPlaceText}</small>
    </p>
  )
}

function Way({ order, view }: { readonly order: TerminalOrder; readonly view: TerminalState }) {
  const w = words.value
  const { distanceM, bearingDeg } = order
  const fixAgeMs = view.position === null ? null : grown(view.position.ageMs)
  if (distanceM === null || bearingDeg === null)
    return (
      <div class="way">
        <Dial bearingDeg={null} />
        <p class="way-more">{w.distanceUnknown}</p>
      </div>
    )
  const near = distanceM < HERE_M
  return (
    <div class="way">
      <Dial bearingDeg={bearingDeg} />
      <p class="way-main num">{near ? w.here : distanceWords(distanceM)}</p>
      <p class="way-more">
        {near ? distanceWords(distanceM) : directionWords(bearingDeg)}
        {w.wayJoin}
        {fixAgeMs !== null && fixAgeMs >= FIX_FRESH_MS ? w.distanceOld(ageWords(fixAgeMs)) : w.straight}
      </p>
    </div>
  )
}

function TapRefused({ order }: { readonly order: TerminalOrder }) {
  const own = tap.value
  if (own?.orderId !== order.orderId || own.state !== 'refused' || own.from !== order.step) return null
  return (
    <p class="tap-refused" role="alert">
      <Icon name="alarm" />
      {refusalWords(own.code)}
    </p>
  )
}

/** Taken back: what the dispatcher wrote, before anything else. */
function Cancelled({ order }: { readonly order: TerminalOrder }) {
  const w = words.value
  return (
    <div class="cancelled" role="alert">
      <p class="cancelled-what">
        <Icon name="stop" />
        {w.cancelled}
        <small>{w.cancelledBody}</small>
      </p>
      <p class="cancelled-note">
        {order.note === '' ? (
          w.cancelledNoNote
        ) : (
          <>
            <small>{w.cancelledNote}</small>
            {order.note}
          </>
        )}
      </p>
      <p class="cancelled-place" lang="zh-CN">
        {order.place.text}
      </p>
    </div>
  )
}

function OtherOrders() {
  const w = words.value
  const all = others.value
  if (all.length === 0) return null
  return (
    <nav class="others">
      <span>{w.otherOrders(all.length)}</span>
      {all.slice(0, OTHERS_MAX).map(order => (
        <button
          type="button"
          key={order.orderId}
          data-other={order.orderId}
          onClick={() => choose(order.orderId)}
        >
          <SeverityMark severity={order.severity} />
          <b>{w.classes[order.class]}</b>
          <span class="others-place" lang="zh-CN">
            {order.place.text}
          </span>
          <small>{w.steps[order.step]}</small>
        </button>
      ))}
    </nav>
  )
}
