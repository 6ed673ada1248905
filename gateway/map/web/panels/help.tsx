import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../look/icons.tsx'
import { helpOpen } from '../state/keyboard.ts'
import { words } from '../words/words.ts'

/** Every key of the desk on one sheet. */
export function Help() {
  const w = words.value
  const dialog = useRef<HTMLDialogElement>(null)
  const open = helpOpen.value
  useEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])
  if (!open) return null
  return (
    <dialog class="help" ref={dialog} aria-label={w.helpTitle} onClose={() => (helpOpen.value = false)}>
      <header class="card-head">
        <h2>{w.helpTitle}</h2>
        <button type="button" class="icon-button" onClick={() => (helpOpen.value = false)}>
          <Icon name="close" title={w.closeCard} />
        </button>
      </header>
      <div class="help-body">
        {w.help.map(group => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, what]) => (
                <div key={what}>
                  <dt>
                    {keys.split(' ').map(key => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}
