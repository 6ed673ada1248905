import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { OpenCameraLine } from './camera-line.ts'
import { REOPEN_MS } from './camera-line.ts'
import { CAMERA_MESSAGE_BYTES_MAX } from './camera-words.ts'

const CONNECT_WITHIN_MS = 2_000

/** One message per line over one connection that is made again whenever it is lost. */
export const tcpCameraLine: OpenCameraLine = ({ host, port }, clock, events) => {
  let socket: Socket | null = null
  let generation = 0
  let closed = false
  let cancel = (): void => {}
  let cancelWait = (): void => {}

  const open = (): void => {
    const mine = (generation += 1)
    const made = connect({ host, port, noDelay: true })
    socket = made
    let heard = Buffer.alloc(0)
    cancelWait = clock.after(CONNECT_WITHIN_MS, () => void made.destroy(new Error('no answer')))
    made.on('connect', () => {
      cancelWait()
      if (!closed) events.onOpened(mine)
    })
    made.on('data', bytes => {
      heard = Buffer.concat([heard, bytes])
      for (let end = heard.indexOf(10); end >= 0; end = heard.indexOf(10)) {
        const line = heard.subarray(0, end).toString('utf8')
        heard = heard.subarray(end + 1)
        if (!closed) events.onText(line, mine)
      }
      if (heard.length > CAMERA_MESSAGE_BYTES_MAX) made.destroy(new Error('a line without an end'))
    })
    let reason = 'closed by the camera'
    made.on('error', error => void (reason = error.message))
    made.on('close', () => {
      cancelWait()
      if (socket === made) socket = null
      if (closed) return
      events.onClosed(reason)
      cancel = clock.after(REOPEN_MS, open)
    })
  }
  open()

  return {
    send: text => void (socket?.writable && socket.write(`${text}\n`)),
    close: () =>
      new Promise(resolve => {
        closed = true
        cancel()
        cancelWait()
        if (socket === null) return resolve()
        socket.once('close', () => resolve())
        socket.destroy()
      }),
  }
}
