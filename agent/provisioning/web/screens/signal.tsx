import type { TechnicianView } from '#protocols/technician.ts'
import { offsetWords, words } from '../words/words.ts'
import { Fact, Hint, Reasons, Remedy } from './parts.tsx'

const SYSTEM_ORDER = ['beidou', 'gps', 'glonass', 'galileo', 'qzss', 'sbas', 'navic']
const LEVELS = 12

export function SignalStep({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { signal } = view
  const { sample } = signal
  const sats = sample?.sats ?? {}
  const systems = SYSTEM_ORDER.filter(name => name in sats)
  return (
    <>
      <Remedy fault={signal.fault} />
      <div class="sky" data-gnss={signal.gnss}>
        <p class="sky-state">{w.signal[signal.gnss]}</p>
        <p class="sky-count">
          <b class="num">{sample?.satsUsed ?? 0}</b> {w.satellites}
        </p>
      </div>
      <ul class="systems" aria-label={w.usedOfSeen}>
        {systems.map(name => {
          const [used, seen] = sats[name] ?? [0, 0]
          return (
            <li key={name}>
              <span>{w.systems[name] ?? name}</span>
              <meter class="level" min={0} max={LEVELS} value={used} aria-label={w.systems[name] ?? name} />
              <span class="num">
                {used} / {seen}
              </span>
            </li>
          )
        })}
      </ul>
      <dl class="facts">
        <Fact name={w.hdop}>{sample?.hdop?.toFixed(1) ?? '—'}</Fact>
        <Fact name={w.place}>
          {typeof sample?.lat !== 'number'
            ? '—'
            : `${sample.lat.toFixed(5)}, ${sample.lon?.toFixed(5) ?? ''}`}
        </Fact>
        <Fact name={w.offset}>
          {typeof sample?.clockOffsetMs !== 'number' ? '—' : offsetWords(sample.clockOffsetMs)}
        </Fact>
      </dl>
      {signal.state === 'skipped' && <Hint>{signal.reason}</Hint>}
      {signal.state === 'running' && <Hint>{w.waitingSky}</Hint>}
      {(signal.state === 'running' || signal.state === 'failed') && (
        <Reasons
          label={w.acceptSignal}
          reasons={w.signalReasons}
          action={reason => ({ kind: 'signal.accept', reason })}
        />
      )}
    </>
  )
}
