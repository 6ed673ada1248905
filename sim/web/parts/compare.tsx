import type { SimUnitDetail } from '../../control/sim-view.ts'
import { words, valueWords } from '../words/words.ts'

/** What the car itself shows beside what the gateway believes: where they differ, somebody is being told late. */
export function Compare({ unit, gatewayAnswers }: { unit: SimUnitDetail; gatewayAnswers: boolean }) {
  const w = words.value
  const { view: car, believed } = unit
  const seconds = (ms: number): number => Math.round(ms / 1000)
  const pair = (a: string | undefined, b: string | undefined): string =>
    `${valueWords(a ?? 'unknown')} / ${valueWords(b ?? 'unknown')}`
  const rows: readonly (readonly [string, string | null, string | null])[] = [
    [w.facts.link, car && valueWords(car.link), believed && valueWords(believed.link)],
    [
      w.facts.fix,
      car &&
        (car.position ? w.ageWith(valueWords(car.gnss), seconds(car.position.ageMs)) : valueWords(car.gnss)),
      believed &&
        (believed.position
          ? w.ageWith(valueWords(believed.freshness), seconds(believed.position.ageMs))
          : valueWords(believed.freshness)),
    ],
    [w.facts.store, car && valueWords(car.store), believed && valueWords(believed.store ?? 'unknown')],
    [
      w.facts.emergency,
      car && valueWords(String(car.panic.active)),
      believed && valueWords(String(believed.emergency)),
    ],
    [
      w.facts.lights,
      car && pair(car.equipment.lightbar, car.equipment.siren),
      believed && pair(believed.equipment.lightbar, believed.equipment.siren),
    ],
    [
      w.facts.door,
      car && valueWords(car.equipment.door ?? 'unknown'),
      believed && valueWords(believed.equipment.door ?? 'unknown'),
    ],
    [w.facts.recording, car && valueWords(car.bodycam), believed && valueWords(String(believed.recording))],
  ]
  return (
    <section class="panel compare" aria-label={w.compare}>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.fact}</th>
            <th scope="col">{w.onCar}</th>
            <th scope="col">{w.believed}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, own, told]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{own ?? <span class="sub">{w.dark}</span>}</td>
              <td>{told ?? <span class="sub">{gatewayAnswers ? w.unknown : w.silent}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
