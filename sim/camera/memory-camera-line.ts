import type { OpenCameraLine } from '#agent/bodycam/camera-line.ts'
import type { NetworkCamera } from './network-camera.ts'

/** A network of nothing but memory between a car and its camera: a message each way takes a millisecond. */
export const memoryCameraLine =
  (camera: NetworkCamera): OpenCameraLine =>
  (_address, clock, events) => {
    let closed = false
    clock.after(0, () => void (closed || events.onOpened(1)))
    return {
      send: text =>
        void clock.after(1, () => {
          const answer = camera.answer(text)
          if (answer !== undefined)
            clock.after(1 + camera.answerMs, () => void (closed || events.onText(answer, 1)))
        }),
      close: () => {
        closed = true
        return Promise.resolve()
      },
    }
  }
