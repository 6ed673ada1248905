import WebSocket from 'ws'
import type { StreamMessage } from '#protocols/api.ts'

/** A page at the gateway's stream: hears every message, and comes back when it is sent away. */
export function watchStream(pages: string, hear: (message: StreamMessage, atMs: number) => void): () => void {
  let stopped = false
  let socket: WebSocket | undefined
  const open = (): void => {
    if (stopped) return
    socket = new WebSocket(`${pages.replace('http', 'ws')}/v1/stream`)
    socket.on('message', data => hear(JSON.parse(String(data)) as StreamMessage, performance.now()))
    socket.on('error', () => {})
    socket.on('close', () => setTimeout(open, 200))
  }
  open()
  return () => {
    stopped = true
    socket?.terminate()
  }
}
