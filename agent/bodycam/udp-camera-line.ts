import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import type { OpenCameraLine } from './camera-line.ts'
import { REOPEN_MS } from './camera-line.ts'
import { CAMERA_MESSAGE_BYTES_MAX } from './camera-words.ts'

/** One message per datagram. The socket is connected, so the system drops what comes from any other address. */
export const udpCameraLine: OpenCameraLine = ({ host, port }, clock, events) => {
  let socket: Socket | null = null
  let generation = 0
  let closed = false
  let cancel = (): void => {}

  const open = (): void => {
    const mine = (generation += 1)
    const made = createSocket('udp4')
    socket = made
    let ready = false
    made.on('message', bytes => {
      if (!closed && bytes.length <= CAMERA_MESSAGE_BYTES_MAX) events.onText(bytes.toString('utf8'), mine)
    })
    made.on('error', error => {
      // Nobody listens there yet: the socket stays good.
      if (ready && (error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return
      if (socket !== made) return
      socket = null
      made.close()
      events.onClosed(error.message)
      if (!closed) cancel = clock.after(REOPEN_MS, open)
    })
    made.connect(port, host, () => {
      if (closed || socket !== made) return
      ready = true
      events.onOpened(mine)
    })
  }
  open()

  return {
    send: text => {
      try {
        socket?.send(text, () => {})
      } catch {
        // Not connected yet: the question is asked again.
      }
    },
    close: () =>
      new Promise(resolve => {
        closed = true
        cancel()
        if (socket === null) return resolve()
        socket.close(() => resolve())
        socket = null
      }),
  }
}
