import type { ChannelValue } from '#protocols/equipment.ts'
import { CameraAnswer } from './camera-words.ts'
import type { CameraQuestion } from './camera-words.ts'

/*
 * The cameras of one car on one line. Each is asked for its state once a second, and five times as often after an order;
 * an order is repeated until it is answered or its time is over. What they say together is one word for the trigger:
 *
 *     off      one of them surely does not record
 *     on       every one of them records, and its recording grows
 *     unknown  otherwise: silent, or not believed yet
 */
export type CameraEvent =
  | { readonly type: 'order'; readonly order: 'start' | 'mark'; readonly activationId: string }
  /** A new connection: answers of the one before are not believed. */
  | { readonly type: 'opened'; readonly generation: number }
  | { readonly type: 'closed' }
  | { readonly type: 'text'; readonly generation: number; readonly text: string }
  | { readonly type: 'tick' }

export type CameraEffect =
  | { readonly type: 'send'; readonly question: CameraQuestion }
  | { readonly type: 'recording'; readonly value: ChannelValue }
  | { readonly type: 'refused'; readonly cameraId: string; readonly code: string }

export type CameraCounts = {
  asked: number
  answered: number
  /** Of a camera that is not of this car. */
  foreign: number
  /** To no open question: late, doubled, of an old connection. */
  stray: number
  broken: number
  /** Said to record and did not grow. */
  stuck: number
  retries: number
}

export type CamerasState = {
  generation: number | null
  asked: number
  readonly cameras: Map<string, OneCamera>
  value: ChannelValue | null
  readonly counts: CameraCounts
}

type OneCamera = {
  /** The open question; one at a time. */
  question: { readonly nonce: string; readonly isOrder: boolean; readonly untilMs: number } | null
  order: { readonly op: 'start' | 'mark'; readonly activationId: string; readonly untilMs: number } | null
  nextAskMs: number
  eagerUntilMs: number
  heardMs: number
  value: ChannelValue
  /** Bytes of the recording as last seen growing. */
  bytes: number | null
  grewMs: number
}

/** From a question to its answer; a camera on the car's own network answers in a few milliseconds. */
const ANSWER_MS = 250
/** An order is repeated for this long: the trigger's own time for an attempt. */
const ORDER_MS = 2_000
const EAGER_MS = 3_000
const EAGER_EVERY_MS = 150
const CALM_EVERY_MS = 1_000
/** Silent for longer than this, a camera is unknown. */
const SILENT_MS = 1_600
/** A recording that grew no more for this long is none. */
const STUCK_MS = 1_500

export function initialCameras(cameraIds: readonly string[], nowMs: number): CamerasState {
  return {
    generation: null,
    asked: 0,
    cameras: new Map(cameraIds.map(id => [id, newCamera(nowMs)])),
    value: null,
    counts: { asked: 0, answered: 0, foreign: 0, stray: 0, broken: 0, stuck: 0, retries: 0 },
  }
}

const newCamera = (nowMs: number): OneCamera => ({
  question: null,
  order: null,
  nextAskMs: nowMs,
  eagerUntilMs: nowMs,
  heardMs: nowMs,
  value: 'unknown',
  bytes: null,
  grewMs: nowMs,
})

/** One event into the cameras of a car; `mint` gives eight hex digits never seen before. */
export function advanceCameras(
  state: CamerasState,
  event: CameraEvent,
  nowMs: number,
  mint: () => string,
): CameraEffect[] {
  const effects: CameraEffect[] = []
  switch (event.type) {
    case 'order':
      for (const camera of state.cameras.values()) takeOrder(camera, event, nowMs)
      break
    case 'opened':
      state.generation = event.generation
      for (const camera of state.cameras.values()) Object.assign(camera, { question: null, nextAskMs: nowMs })
      break
    case 'closed':
      state.generation = null
      for (const camera of state.cameras.values()) camera.question = null
      break
    case 'text':
      effects.push(...hear(state, event.text, event.generation, nowMs))
      break
    case 'tick':
      break
  }
  for (const [id, camera] of state.cameras) effects.push(...pass(state, id, camera, nowMs, mint))
  const value = together([...state.cameras.values()].map(camera => camera.value))
  if (value !== state.value) {
    state.value = value
    effects.push({ type: 'recording', value })
  }
  return effects
}

function takeOrder(
  camera: OneCamera,
  { order, activationId }: { readonly order: 'start' | 'mark'; readonly activationId: string },
  nowMs: number,
): void {
  camera.order = { op: order, activationId, untilMs: nowMs + ORDER_MS }
  camera.question = null // an order does not wait for the answer to a look
  camera.nextAskMs = nowMs
  camera.eagerUntilMs = nowMs + EAGER_MS
}

function hear(state: CamerasState, text: string, generation: number, nowMs: number): CameraEffect[] {
  const { counts } = state
  const answer = answerIn(text)
  if (answer === undefined) {
    counts.broken += 1
    return []
  }
  const camera = state.cameras.get(answer.cameraId)
  if (camera === undefined) {
    counts.foreign += 1
    return []
  }
  const { question } = camera
  if (question === null || question.nonce !== answer.nonce || generation !== state.generation) {
    counts.stray += 1
    return []
  }
  counts.answered += 1
  camera.question = null
  camera.heardMs = nowMs
  camera.nextAskMs = nowMs + (nowMs < camera.eagerUntilMs ? EAGER_EVERY_MS : CALM_EVERY_MS)
  believe(state, camera, answer, nowMs)
  if (!question.isOrder) return []
  camera.order = null
  return answer.accepted
    ? []
    : [{ type: 'refused', cameraId: answer.cameraId, code: answer.code ?? 'REFUSED' }]
}

function answerIn(text: string): CameraAnswer | undefined {
  try {
    return CameraAnswer.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** `off` is believed at once; `on` only of a recording that was seen to grow. */
function believe(state: CamerasState, camera: OneCamera, answer: CameraAnswer, nowMs: number): void {
  if (!answer.recording) {
    camera.value = 'off'
    camera.bytes = null
    return
  }
  if (camera.bytes === null || answer.bytes < camera.bytes) {
    camera.bytes = answer.bytes
    camera.grewMs = nowMs
    camera.nextAskMs = Math.min(camera.nextAskMs, nowMs + EAGER_EVERY_MS)
  } else if (answer.bytes > camera.bytes) {
    camera.bytes = answer.bytes
    camera.grewMs = nowMs
    camera.value = 'on'
  } else if (nowMs - camera.grewMs >= STUCK_MS && camera.value !== 'off') {
    camera.value = 'off'
    state.counts.stuck += 1
  }
}

function pass(
  state: CamerasState,
  cameraId: string,
  camera: OneCamera,
  nowMs: number,
  mint: () => string,
): CameraEffect[] {
  if (nowMs - camera.heardMs >= SILENT_MS) {
    camera.value = 'unknown'
    camera.bytes = null
  }
  if (camera.order !== null && nowMs >= camera.order.untilMs) camera.order = null
  if (camera.question !== null) {
    if (nowMs < camera.question.untilMs) return []
    state.counts.retries += 1
    camera.question = null
    camera.nextAskMs = Math.min(camera.nextAskMs, nowMs + (camera.order === null ? EAGER_EVERY_MS : 0))
  }
  if (state.generation === null || nowMs < camera.nextAskMs) return []
  state.asked += 1
  state.counts.asked += 1
  const nonce = `${state.generation}-${state.asked}-${mint()}`
  camera.question = { nonce, isOrder: camera.order !== null, untilMs: nowMs + ANSWER_MS }
  camera.nextAskMs = nowMs + (nowMs < camera.eagerUntilMs ? EAGER_EVERY_MS : CALM_EVERY_MS)
  const { order } = camera
  return [
    {
      type: 'send',
      question:
        order === null
          ? { v: 1, op: 'status', cameraId, nonce }
          : { v: 1, op: order.op, cameraId, activationId: order.activationId, nonce },
    },
  ]
}

function together(values: readonly ChannelValue[]): ChannelValue {
  if (values.includes('off')) return 'off'
  return values.includes('unknown') ? 'unknown' : 'on'
}
