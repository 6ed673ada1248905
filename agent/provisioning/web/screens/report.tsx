import { signal } from '@preact/signals'
import type { TechnicianView } from '#protocols/technician.ts'
import { Icon } from '../look/icons.tsx'
import { words } from '../words/words.ts'
import { Fact, Hint, Primary, Remedy, Secondary } from './parts.tsx'

const technician = signal('')

export function ReportStep({ view }: { readonly view: TechnicianView }) {
  const w = words.value
  const { report } = view
  const made = report.reportId !== null
  return (
    <>
      <Remedy fault={report.fault} />
      {made && report.verdict !== null && (
        <>
          <p class="verdict" data-verdict={report.verdict}>
            <Icon
              name={report.verdict === 'failed' ? 'failed' : report.verdict === 'remarks' ? 'warn' : 'passed'}
            />
            {w.verdicts[report.verdict]}
          </p>
          <dl class="facts">
            <Fact name={w.keptAt}>
              <span class="mono">{report.file}</span>
            </Fact>
            {view.mode === 'online' && (
              <Fact name={w.steps.proof}>{report.delivered ? w.delivered : w.notDelivered}</Fact>
            )}
          </dl>
          <a class="secondary" href="./v1/report.html" target="_blank" rel="noreferrer">
            {w.openReport}
          </a>
        </>
      )}
      <label class="field">
        <span>{w.technicianLabel}</span>
        <input
          name="technician"
          maxLength={64}
          autocomplete="off"
          value={technician.value}
          onInput={event => (technician.value = event.currentTarget.value)}
        />
      </label>
      {made ? (
        <>
          {view.identity.device !== null && (
            <>
              <Primary action={{ kind: 'start' }}>{w.startUnit}</Primary>
              <Hint>{w.startHint}</Hint>
            </>
          )}
          <ReportAgain />
        </>
      ) : (
        <Primary action={{ kind: 'report', technician: technician.value }}>{w.makeReport}</Primary>
      )}
    </>
  )
}

const ReportAgain = () => (
  <Secondary action={{ kind: 'report', technician: technician.value }}>{words.value.makeAgain}</Secondary>
)
