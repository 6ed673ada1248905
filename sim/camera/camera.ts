import type { Clock } from '#protocols/time.ts'
import type { SimPanel } from '../panel/attach-panel.ts'
import { createCameraBody } from './camera-body.ts'
import type { CameraBody } from './camera-body.ts'

export type CameraWiring = {
  /** Coil that closes the trigger contact, and terminal that the recording contact goes to. */
  readonly triggerCoil?: number
  readonly recordingInput?: number
  /** `pulse`: only the closing means something. */
  readonly follows?: 'level' | 'pulse'
}

/** A camera in its dock: one contact tells it to record (opening it ends what runs, whoever began it), one tells that it does. */
export function attachCamera(
  panel: SimPanel,
  clock: Clock,
  { triggerCoil = 0, recordingInput = 7, follows = 'level' }: CameraWiring = {},
): CameraBody {
  const body = createCameraBody(clock)
  body.onChange(() => panel.setContact(recordingInput, body.recording))
  panel.onCoil((coil, on) => {
    if (coil !== triggerCoil) return
    if (on) body.order()
    else if (follows === 'level') body.end()
  })
  return body
}
