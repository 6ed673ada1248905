import { CameraQuestion } from '#agent/bodycam/camera-words.ts'
import type { CameraAnswer } from '#agent/bodycam/camera-words.ts'
import type { CameraBody } from './camera-body.ts'

/** What a camera on the network answers; the hands of a test change it. */
export type NetworkCamera = {
  /** The id it has, and the one it answers under: another one is a foreign camera on our address. */
  readonly cameraId: string
  answersAs: string
  /** How late its answers are. */
  answerMs: number
  /** Activations it was told, in order, each once. */
  readonly activations: readonly string[]
  readonly marks: readonly string[]
  /** The answer to one message; undefined: it hears nothing, or is not meant. */
  answer(text: string): string | undefined
}

export function createNetworkCamera(body: CameraBody, cameraId: string): NetworkCamera {
  const activations: string[] = []
  const marks: string[] = []
  const camera: NetworkCamera = {
    cameraId,
    answersAs: cameraId,
    answerMs: 0,
    activations,
    marks,
    answer: text => {
      const question = questionIn(text)
      if (question === undefined || question.cameraId !== cameraId || !body.hears()) return undefined
      let accepted = true
      if (question.op === 'start' && !activations.includes(question.activationId)) {
        if (body.recording) marks.push(question.activationId)
        accepted = body.mode === 'nack' ? false : body.order()
        if (accepted) activations.push(question.activationId)
      }
      if (question.op === 'mark') marks.push(question.activationId)
      const answer: CameraAnswer = {
        ...{ v: 1, op: 'ack', cameraId: camera.answersAs, nonce: question.nonce, accepted },
        ...(!accepted && { code: 'CARD_FULL' }),
        ...body.says(),
      }
      return JSON.stringify(answer)
    },
  }
  return camera
}

function questionIn(text: string): CameraQuestion | undefined {
  try {
    return CameraQuestion.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
