import type { ComponentChildren } from 'preact'
import type { StepFault, TechnicianAction } from '#protocols/technician.ts'
import { Icon } from '../look/icons.tsx'
import { act, acting, link } from '../state/visit.ts'
import { remedyWords } from '../words/words.ts'

/** The one big button of a step, in reach of a thumb. */
export function Primary(props: {
  readonly action: TechnicianAction
  readonly disabled?: boolean
  readonly children: ComponentChildren
}) {
  const { action, disabled = false } = props
  const busy = acting.value === action.kind
  return (
    <button
      type="button"
      class="primary"
      data-do={action.kind}
      disabled={disabled || acting.value !== null || link.value !== 'live'}
      aria-busy={busy}
      onClick={() => void act(action)}
    >
      {busy && <Icon name="running" />}
      {props.children}
    </button>
  )
}

export function Secondary(props: {
  readonly action: TechnicianAction
  readonly disabled?: boolean
  readonly children: ComponentChildren
}) {
  return (
    <button
      type="button"
      class="secondary"
      data-do={props.action.kind}
      disabled={props.disabled === true || acting.value !== null || link.value !== 'live'}
      onClick={() => void act(props.action)}
    >
      {props.children}
    </button>
  )
}

/** What failed, and the remedy in one sentence. */
export function Remedy({ fault }: { readonly fault: StepFault | null }) {
  if (fault === null) return null
  return (
    <p class="remedy" role="alert" data-code={fault.code}>
      <Icon name="warn" />
      <span>
        {remedyWords(fault.code)}
        <small class="code">{fault.detail}</small>
      </span>
    </p>
  )
}

export const Hint = ({ children }: { readonly children: ComponentChildren }) => <p class="hint">{children}</p>

/** One row of facts: what, and how much. */
export function Fact(props: {
  readonly name: string
  readonly grade?: 'good' | 'poor' | 'bad'
  readonly children: ComponentChildren
}) {
  const { name, grade } = props
  return (
    <div class="fact" data-grade={grade}>
      <dt>{name}</dt>
      <dd>
        {grade !== undefined && grade !== 'good' && <Icon name="warn" />}
        {props.children}
      </dd>
    </div>
  )
}

/** Reasons a person can give with one tap. */
export function Reasons(props: {
  readonly label: string
  readonly reasons: readonly string[]
  readonly action: (reason: string) => TechnicianAction
}) {
  return (
    <fieldset class="reasons">
      <legend>{props.label}</legend>
      {props.reasons.map(reason => (
        <Secondary key={reason} action={props.action(reason)}>
          {reason}
        </Secondary>
      ))}
    </fieldset>
  )
}
