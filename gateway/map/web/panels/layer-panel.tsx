import { Icon } from '../look/icons.tsx'
import { useHotkey } from '../state/hotkeys.ts'
import { change, layers, layersOpen, nextCoverage, SWITCHES } from '../state/layers.ts'
import { words } from '../words/words.ts'

const MODES = ['off', 'time', 'count'] as const

/** What lies on the map: coverage one way or the other, and what can be switched on its own. */
export function LayerPanel() {
  const w = words.value
  const open = layersOpen.value
  useHotkey('l', () => (layersOpen.value = !layersOpen.value))
  useHotkey('v', nextCoverage)
  useHotkey('Escape', open ? () => (layersOpen.value = false) : null)
  return (
    <div class="layer-panel" data-open={open}>
      <button
        type="button"
        class="layer-button"
        aria-expanded={open}
        aria-controls="layers"
        onClick={() => (layersOpen.value = !open)}
      >
        <Icon name="layers" />
        {w.layersTitle}
        <kbd>L</kbd>
      </button>
      {open && (
        <div class="layer-list" id="layers">
          <fieldset>
            <legend>
              {w.coverageTitle} <kbd>V</kbd>
            </legend>
            {MODES.map(mode => (
              <label key={mode}>
                <input
                  type="radio"
                  name="coverage"
                  checked={layers.value.coverage === mode}
                  onChange={() => change({ coverage: mode })}
                />
                {w.coverageModes[mode]}
              </label>
            ))}
          </fieldset>
          <fieldset>
            <legend>{w.shownToo}</legend>
            {SWITCHES.map(key => (
              <label key={key}>
                <input
                  type="checkbox"
                  checked={layers.value[key]}
                  onChange={event => change({ [key]: event.currentTarget.checked })}
                />
                {w.layerNames[key]}
              </label>
            ))}
          </fieldset>
        </div>
      )}
    </div>
  )
}
