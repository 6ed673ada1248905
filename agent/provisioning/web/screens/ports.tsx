import { signal } from '@preact/signals'
import type { PortFinding, TechnicianView } from '#protocols/technician.ts'
import { Icon } from '../look/icons.tsx'
import { words } from '../words/words.ts'
import { Hint, Primary, Remedy, Secondary } from './parts.tsx'

/** What the person chose by hand; undefined: as the computer proposes. */
const chosen = {
  gnss: signal<string | null | undefined>(undefined),
  panel: signal<string | null | undefined>(undefined),
}

export function PortsStep({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { ports } = view
  const picked = (role: 'gnss' | 'panel'): string | null => {
    const hand = chosen[role].value
    const still = hand === null || ports.findings.some(f => f.path === hand && f.is === role)
    return hand !== undefined && still ? hand : ports[role]
  }
  if (ports.state === 'running')
    return (
      <>
        <Hint>{w.searching}</Hint>
        <Findings findings={ports.findings} />
      </>
    )
  const others = ports.findings.filter(f => f.is !== 'gnss' && f.is !== 'panel')
  return (
    <>
      <Remedy fault={ports.state === 'passed' ? null : ports.fault} />
      {ports.findings.length === 0 && <Hint>{w.noPorts}</Hint>}
      <Choice role="gnss" findings={ports.findings} picked={picked('gnss')} />
      <Choice role="panel" findings={ports.findings} picked={picked('panel')} />
      <Findings findings={others} />
      <Primary
        action={{ kind: 'fit', gnss: picked('gnss'), panel: picked('panel') }}
        disabled={picked('gnss') === null && picked('panel') === null}
      >
        {w.fit}
      </Primary>
      <Hint>{w.fitHint}</Hint>
      <Secondary action={{ kind: 'scan' }}>{w.searchAgain}</Secondary>
    </>
  )
}

function Choice(props: {
  readonly role: 'gnss' | 'panel'
  readonly findings: readonly PortFinding[]
  readonly picked: string | null
}) {
  const w = words.value
  const { role, picked } = props
  const rows = props.findings.filter(f => f.is === role)
  return (
    <fieldset class="choice">
      <legend>{role === 'gnss' ? w.chooseGnss : w.choosePanel}</legend>
      {rows.map(finding => (
        <label key={finding.path} class="option" data-picked={picked === finding.path}>
          <input
            type="radio"
            name={role}
            checked={picked === finding.path}
            onChange={() => (chosen[role].value = finding.path)}
          />
          <span>
            <b class="port-name">{nameOf(finding.path)}</b>
            <small>{factsOf(finding)}</small>
          </span>
        </label>
      ))}
      <label class="option" data-picked={picked === null}>
        <input
          type="radio"
          name={role}
          checked={picked === null}
          onChange={() => (chosen[role].value = null)}
        />
        <span>{w.none}</span>
      </label>
    </fieldset>
  )
}

function factsOf({ baud, gnss, panel, score }: PortFinding): string {
  const w = words.value
  const parts = [
    `${baud ?? '—'} baud`,
    ...(gnss === null ? [] : [w.perSecond(gnss.validPerSecond), gnss.talkers.join(' ')]),
    ...(panel === null ? [] : [panel.title, w.address(panel.address)]),
    w.sure(score),
  ]
  return parts.join(' · ')
}

/** The last part says which plug it is; the folder is the same for all. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function Findings({ findings }: { readonly findings: readonly PortFinding[] }) {
  const w = words.value
  return (
    <ul class="findings">
      {findings.map(finding => (
        <li key={finding.path} data-is={finding.is}>
          <Icon name={finding.is === 'gnss' || finding.is === 'panel' ? 'passed' : 'skipped'} />
          <span>
            <b class="port-name">{nameOf(finding.path)}</b>
            <small>
              {w.ports[finding.is]}
              {finding.fault !== null && ` · ${finding.fault.code}`}
            </small>
          </span>
        </li>
      ))}
    </ul>
  )
}
