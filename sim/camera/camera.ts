import type { Clock } from '#protocols/time.ts'
import type { SimPanel } from '../panel/attach-panel.ts'

/** `asleep` ignores the trigger contact; `nack` starts, finds its card full and stops again after 100 ms. */
export type CameraMode = 'normal' | 'asleep' | 'nack'

/** A body camera in its dock: one contact tells it to record, one tells that it does. */
export type SimCamera = {
  readonly recording: boolean
  /** Who started the recording that runs; null while none does. */
  readonly startedBy: 'trigger' | 'officer' | null
  readonly mode: CameraMode
  setMode(mode: CameraMode): void
  /** The officer's own button: starts a recording or stops whatever runs. */
  press(): void
}

export type CameraWiring = {
  /** Coil that closes the trigger contact, and terminal that the recording contact goes to. */
  readonly triggerCoil?: number
  readonly recordingInput?: number
}

const START_MS = 300
const NACK_MS = 100

/** A camera that follows its trigger contact: closing starts it after 300 ms, opening stops it, whoever started it. */
export function attachCamera(
  panel: SimPanel,
  clock: Clock,
  { triggerCoil = 0, recordingInput = 7 }: CameraWiring = {},
): SimCamera {
  let mode: CameraMode = 'normal'
  let startedBy: SimCamera['startedBy'] = null
  let cancel = (): void => {}

  const record = (by: SimCamera['startedBy']): void => {
    startedBy = by
    panel.setContact(recordingInput, by !== null)
  }
  panel.onCoil((coil, on) => {
    if (coil !== triggerCoil || mode === 'asleep') return
    cancel()
    if (!on) return record(null)
    if (startedBy !== null) return
    cancel = clock.after(START_MS, () => {
      record('trigger')
      if (mode === 'nack') cancel = clock.after(NACK_MS, () => record(null))
    })
  })

  return {
    get recording() {
      return startedBy !== null
    },
    get startedBy() {
      return startedBy
    },
    get mode() {
      return mode
    },
    setMode: next => void (mode = next),
    press: () => {
      cancel()
      record(startedBy === null ? 'officer' : null)
    },
  }
}
