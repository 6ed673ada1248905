import { signal } from '@preact/signals'
import { KioskState } from '#protocols/kiosk.ts'

const RETRY_MS = 1_000
/** A stream that says nothing this long is dead although nobody closed it. */
const SILENCE_MS_MAX = 6_000

/** What the station's computer said last; null before its first word and while it is away. */
export const station = signal<KioskState | null>(null)
/** The name on the wall stays although the computer is away. */
export const lastKnown = signal<KioskState | null>(null)

/** Hears the station for as long as the page lives. */
export function startStation(): void {
  let watchdog: ReturnType<typeof setTimeout> | undefined
  const connect = (): void => {
    const socket = new WebSocket(new URL('v1/stream', location.href.replace(/^http/, 'ws')).href)
    const lose = (): void => {
      clearTimeout(watchdog)
      socket.onclose = socket.onmessage = null
      socket.close()
      station.value = null
      setTimeout(connect, RETRY_MS)
    }
    const watch = (): void => {
      clearTimeout(watchdog)
      watchdog = setTimeout(lose, SILENCE_MS_MAX)
    }
    socket.onclose = lose
    socket.onmessage = event => {
      watch()
      const state = KioskState.safeParse(JSON.parse(String(event.data)))
      if (state.success) station.value = lastKnown.value = state.data
    }
    watch()
  }
  connect()
}
