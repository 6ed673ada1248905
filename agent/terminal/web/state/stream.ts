import { hear, streamOpen } from './car.ts'

/** The agent is on the same computer: a restart takes about a second, so short pauses cost nobody anything. */
const RETRY_MS_MIN = 300
const RETRY_MS_MAX = 3_000
/** A stream that says nothing this long is dead although nobody closed it. */
const SILENCE_MS_MAX = 6_000

/** The state of the car, on every change and at least once a second. Reconnects by itself, for ever. */
export function startStream(url: string): void {
  let tries = 0
  let socket: WebSocket | null = null
  let watchdog: ReturnType<typeof setTimeout> | undefined

  const connect = (): void => {
    const own = new WebSocket(url)
    socket = own
    own.onmessage = event => {
      if (own !== socket) return
      tries = 0
      streamOpen.value = true
      watch()
      hear(String(event.data))
    }
    own.onclose = () => {
      if (own === socket) lose()
    }
    watch()
  }
  const lose = (): void => {
    clearTimeout(watchdog)
    const old = socket
    socket = null
    old?.close()
    streamOpen.value = false
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 1.6 ** tries) * (0.8 + Math.random() * 0.4)
    tries += 1
    setTimeout(connect, waitMs)
  }
  const watch = (): void => {
    clearTimeout(watchdog)
    watchdog = setTimeout(lose, SILENCE_MS_MAX)
  }
  connect()
}

export const streamUrl = (): string => new URL('v1/stream', location.href.replace(/^http/, 'ws')).href
