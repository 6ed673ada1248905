import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../look/icons.tsx'
import { closeFocus } from '../state/focus.ts'
import { words } from '../words/words.ts'

/** The one card over the map: a head that stays, a body that scrolls. */
export function Card({
  label,
  head,
  children,
  tone,
  foot,
}: {
  label: string
  head: ComponentChildren
  children: ComponentChildren
  tone?: string
  /** Stays in sight however long the body is. */
  foot?: ComponentChildren
}) {
  const section = useRef<HTMLElement>(null)
  // Enter now belongs to the card and not to the list entry that opened it.
  useEffect(() => section.current?.focus({ preventScroll: true }), [label])
  return (
    <section class="card" aria-label={label} data-tone={tone} tabIndex={-1} ref={section}>
      <header class="card-head">
        <div class="card-title">{head}</div>
        <button
          type="button"
          class="icon-button"
          title={`${words.value.closeCard} (Esc)`}
          onClick={closeFocus}
        >
          <Icon name="close" title={words.value.closeCard} />
        </button>
      </header>
      <div class="card-body">{children}</div>
      {foot !== undefined && <footer class="card-foot">{foot}</footer>}
    </section>
  )
}

/** A few choices of which one holds. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onChoose,
}: {
  label: string
  options: readonly (readonly [T, string])[]
  value: T
  onChoose: (value: T) => void
}) {
  return (
    <div class="field">
      <span class="field-label">{label}</span>
      <div class="choice" role="radiogroup" aria-label={label}>
        {options.map(([key, text]) => (
          <button
            type="button"
            role="radio"
            key={key}
            aria-checked={key === value}
            onClick={() => onChoose(key)}
          >
            {text}
          </button>
        ))}
      </div>
    </div>
  )
}

export function Refusal({ text }: { text: string | null }) {
  if (text === null) return null
  return (
    <p class="refusal" role="alert">
      <Icon name="alarm" />
      {text}
    </p>
  )
}
