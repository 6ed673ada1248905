import type { TechnicianView } from '#protocols/technician.ts'
import { remedyWords, words } from '../words/words.ts'
import { Fact, Hint } from './parts.tsx'

export function HealthStep({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  return (
    <>
      <Hint>{w.healthHint}</Hint>
      <dl class="facts">
        {view.health.checks.map(({ name, grade, value, code }) => (
          <Fact key={name} name={w.health[name] ?? name} grade={grade}>
            <span>
              {value}
              {code !== null && <small>{remedyWords(code)}</small>}
            </span>
          </Fact>
        ))}
      </dl>
    </>
  )
}
