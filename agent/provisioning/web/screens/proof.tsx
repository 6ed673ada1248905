import type { TechnicianView } from '#protocols/technician.ts'
import { Icon } from '../look/icons.tsx'
import { words } from '../words/words.ts'
import { Hint, Primary, Remedy } from './parts.tsx'

export function ProofStep({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { proof } = view
  if (view.mode === 'bench') return <Hint>{w.proveBench}</Hint>
  return (
    <>
      <Remedy fault={proof.fault} />
      <Hint>{proof.state === 'running' ? w.proving : w.proveHint}</Hint>
      <ul class="receipts">
        {proof.receipts.map(receipt => (
          <li key={receipt.eventId} data-kind={receipt.kind}>
            <Icon name="passed" />
            <span>
              <b>{w.receiptKinds[receipt.kind] ?? receipt.kind}</b>
              <small>{w.receipt(receipt.ackedMs)}</small>
              <small class="mono">{receipt.eventId}</small>
            </span>
          </li>
        ))}
      </ul>
      {proof.state !== 'passed' && (
        <Primary action={{ kind: 'prove' }} disabled={view.identity.device === null}>
          {w.prove}
        </Primary>
      )}
    </>
  )
}
