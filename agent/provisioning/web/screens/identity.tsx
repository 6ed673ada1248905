import { signal } from '@preact/signals'
import { normaliseCode, parseEnrolmentCode } from '#protocols/enrolment.ts'
import type { TechnicianView } from '#protocols/technician.ts'
import { Icon } from '../look/icons.tsx'
import { grouped, words } from '../words/words.ts'
import { Fact, Hint, Primary, Remedy, Secondary } from './parts.tsx'

const typed = signal('')
const address = signal<string | null>(null)

/** 10 characters, their check character, a point, 32 of the fingerprint. */
const CODE_LENGTH = 44

export function IdentityStep({ view }: { readonly view: TechnicianView }) {
  const { identity } = view
  if (identity.state === 'passed') return <Enrolled view={view} />
  if (identity.state === 'running') return <Phases phase={identity.phase} />
  return <CodeEntry view={view} />
}

function CodeEntry({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { identity, mode } = view
  const good = parseEnrolmentCode(typed.value) !== undefined
  const url = address.value ?? identity.url
  return (
    <>
      {mode === 'bench' && <Hint>{w.benchOn}</Hint>}
      <Remedy fault={identity.fault} />
      <label class="field">
        <span>{w.codeLabel}</span>
        <textarea
          class="code-entry"
          name="code"
          rows={3}
          autocomplete="off"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck={false}
          placeholder="7K3QM-X9RTB-W.5N2CV…"
          value={typed.value}
          aria-describedby="code-state"
          onInput={event => (typed.value = event.currentTarget.value)}
        />
      </label>
      <p class="code-state" id="code-state" data-good={good} role="status">
        {good && <Icon name="passed" />}
        {codeWords(good)}
      </p>
      <label class="field">
        <span>{w.urlLabel}</span>
        <input
          name="url"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          value={url}
          onInput={event => (address.value = event.currentTarget.value)}
        />
      </label>
      <Primary action={{ kind: 'enrol', code: typed.value, url }} disabled={!good}>
        {identity.notAfterUtcMs === null ? w.enrol : w.enrolAgain}
      </Primary>
      {mode === 'online' && identity.device === null && (
        <Secondary action={{ kind: 'bench' }}>{w.bench}</Secondary>
      )}
      {mode === 'bench' && <Secondary action={{ kind: 'online' }}>{w.online}</Secondary>}
    </>
  )
}

function codeWords(good: boolean): string {
  const w = words.value
  const length = normaliseCode(typed.value).length
  if (good) return w.codeGood
  if (length === 0) return w.codeHint
  return length < CODE_LENGTH ? w.codeIncomplete(CODE_LENGTH - length) : w.codeWrong
}

const PHASES = ['gateway', 'key', 'request', 'saved'] as const

function Phases({ phase }: { readonly phase: TechnicianView['identity']['phase'] }) {
  const at = phase === null ? 0 : PHASES.indexOf(phase)
  return (
    <ol class="phases">
      {PHASES.map((name, i) => (
        <li key={name} data-state={i < at ? 'passed' : i === at ? 'running' : 'waiting'}>
          <Icon name={i < at ? 'passed' : i === at ? 'running' : 'waiting'} />
          {words.value.phases[name]}
        </li>
      ))}
    </ol>
  )
}

function Enrolled({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { device, caFingerprint, notAfterUtcMs } = view.identity
  return (
    <>
      <p class="device-name">
        <b>{device?.callSign}</b> {device?.deviceId} · {device?.unitId}
      </p>
      <Hint>{w.compare}</Hint>
      <Fingerprint name={w.keyFingerprint} value={view.keyFingerprint} />
      {caFingerprint !== null && <Fingerprint name={w.caFingerprint} value={caFingerprint} />}
      <dl class="facts">
        <Fact name={w.until}>{new Date(notAfterUtcMs ?? 0).toISOString().slice(0, 10)}</Fact>
      </dl>
    </>
  )
}

const Fingerprint = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div class="fingerprint">
    <h3>{name}</h3>
    <p class="mono">
      {grouped(value).map((four, i) => (
        <span key={i}>{four}</span>
      ))}
    </p>
  </div>
)
