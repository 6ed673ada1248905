import { offeredBy, UNIT_ACTIONS } from './actions.ts'
import type { ControlBook, UnitControls } from './knobs.ts'
import type { SimOffer, SimUnit } from './sim-view.ts'
import { queueTotal } from './watch.ts'

export const unitsOf = (book: ControlBook): SimUnit[] =>
  book.all().map(([id, controls]) => unitOf(id, controls))

export function unitOf(id: string, controls: UnitControls): SimUnit {
  const view = controls.view()
  const power = controls.power?.read() ?? 'on'
  const cut = controls.link?.read() ?? 'up'
  return {
    id,
    callSign: controls.callSign,
    kind: controls.kind,
    power,
    cut,
    link: view?.link ?? null,
    gnss: view?.gnss ?? null,
    store: view?.store ?? null,
    queued: queueTotal(view),
    panic: view?.panic.active ?? false,
    meddled:
      power === 'off' ||
      (controls.ignition?.read() ?? 'on') !== 'on' ||
      (controls.battery?.read() ?? 'good') !== 'good' ||
      cut !== 'up' ||
      (controls.receiver?.read() ?? 'on') !== 'on' ||
      (controls.panel?.read() ?? 'on') !== 'on' ||
      (controls.camera?.read() ?? 'normal') !== 'normal' ||
      controls.disk?.read() === 'full',
  }
}

export const offersOf = (controls: UnitControls): SimOffer[] =>
  offeredBy(controls).map(action => {
    const { bind, group, values } = UNIT_ACTIONS[action]!
    return { action, group, isSet: bind(controls)!.isSet(), switches: values !== undefined }
  })
