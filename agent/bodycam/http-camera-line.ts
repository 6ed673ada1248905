import { Agent, request } from 'node:http'
import type { OpenCameraLine } from './camera-line.ts'
import { CAMERA_MESSAGE_BYTES_MAX } from './camera-words.ts'

/** A question that takes longer was asked again by then. */
const ANSWER_WITHIN_MS = 1_000
/** Questions under way at once; a camera that hangs must not gather them. */
const OPEN_MAX = 8

/** One POST to /v1/camera per message; the answer is the body of its response. */
export const httpCameraLine: OpenCameraLine = ({ host, port }, clock, events) => {
  const agent = new Agent({ keepAlive: true, maxSockets: OPEN_MAX })
  const generation = 1
  let open = 0
  let closed = false
  queueMicrotask(() => void (closed || events.onOpened(generation)))

  const send = (text: string): void => {
    if (closed || open >= OPEN_MAX) return
    open += 1
    let isOver = false
    const over = (): void => {
      if (!isOver) open -= 1
      isOver = true
      cancelWait()
    }
    const asked = request(
      {
        ...{ host, port, agent, method: 'POST', path: '/v1/camera' },
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          body += part
          if (body.length > CAMERA_MESSAGE_BYTES_MAX) asked.destroy()
        })
        response.on('end', () => {
          over()
          if (!closed && response.statusCode === 200) events.onText(body, generation)
        })
      },
    )
    const cancelWait = clock.after(ANSWER_WITHIN_MS, () => void asked.destroy())
    asked.on('error', over)
    asked.on('close', over)
    asked.end(text)
  }

  return {
    send,
    close: () => {
      closed = true
      agent.destroy()
      return Promise.resolve()
    },
  }
}
