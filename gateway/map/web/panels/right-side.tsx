import { signal } from '@preact/signals'
import { warnings } from '../state/coverage.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { unitCount } from '../state/picture.ts'
import { words } from '../words/words.ts'
import { UnitBoard } from './unit-board.tsx'
import { WarningList } from './warning-list.tsx'

type Tab = 'units' | 'warnings'
const tab = signal<Tab>('units')

/** Right of the map: the units, or where the city is thin. */
export function RightSide() {
  const w = words.value
  const open = warnings.value.filter(one => !one.acknowledged).length
  useHotkey('u', () => (tab.value = 'units'))
  useHotkey('w', () => (tab.value = 'warnings'))
  const tabs = [
    ['units', w.units, unitCount.value],
    ['warnings', w.warningsTitle, open],
  ] as const
  return (
    <aside class="side side-right" aria-label={tab.value === 'units' ? w.units : w.warningsTitle}>
      <div class="tabs" role="tablist" aria-label={w.rightSide}>
        {tabs.map(([id, text, count]) => (
          <button
            type="button"
            role="tab"
            key={id}
            id={`tab-${id}`}
            aria-selected={tab.value === id}
            aria-controls="right-panel"
            onClick={() => (tab.value = id)}
          >
            {text}
            <span class="tab-count num" data-tab={id} data-any={count > 0}>
              {count}
            </span>
          </button>
        ))}
      </div>
      <div class="side-panel" id="right-panel" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        {tab.value === 'units' ? <UnitBoard /> : <WarningList />}
      </div>
    </aside>
  )
}
