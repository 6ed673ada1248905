import { computed, effect, signal } from '@preact/signals'
import { DeskState } from '#protocols/kiosk.ts'

const RETRY_MS = 1_000
const SILENCE_MS_MAX = 6_000
const TONE_EVERY_MS = 1_500

/** What the station said last, and when it was heard. */
export const desk = signal<{ readonly state: DeskState; readonly heardMs: number } | null>(null)
export const isAway = signal(false)
export const nowMs = signal(performance.now())
/** A browser makes no sound before the first touch; until then the page says so. */
export const muted = signal(true)

export const waiting = computed(() => desk.value?.state.items.filter(i => !i.taken) ?? [])
export const taken = computed(() => desk.value?.state.items.filter(i => i.taken) ?? [])
/** What must not wait. */
export const ringing = computed(() => waiting.value.some(i => i.emergency || i.kind !== 'report'))

export function startDesk(): void {
  let watchdog: ReturnType<typeof setTimeout> | undefined
  const connect = (): void => {
    const socket = new WebSocket(new URL('v1/stream', location.href.replace(/^http/, 'ws')).href)
    const lose = (): void => {
      clearTimeout(watchdog)
      socket.onclose = socket.onmessage = null
      socket.close()
      isAway.value = true
      setTimeout(connect, RETRY_MS)
    }
    const watch = (): void => {
      clearTimeout(watchdog)
      watchdog = setTimeout(lose, SILENCE_MS_MAX)
    }
    socket.onclose = lose
    socket.onmessage = event => {
      watch()
      const state = DeskState.safeParse(JSON.parse(String(event.data)))
      if (!state.success) return
      desk.value = { state: state.data, heardMs: performance.now() }
      isAway.value = false
    }
    watch()
  }
  connect()
  setInterval(() => void (nowMs.value = performance.now()), 1_000)
}

/** POST /v1/taken: somebody takes care of it; the stream shows it. */
export const take = (ref: string): void =>
  void fetch('v1/taken', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ref }),
  }).catch(() => (isAway.value = true))

/** Two tones, again and again, until somebody takes what rings. */
export function startTone(): void {
  let audio: AudioContext | null = null
  addEventListener('pointerdown', () => {
    audio ??= new AudioContext()
    void audio.resume()
    muted.value = false
  })
  const beep = (hertz: number, at: number): void => {
    if (audio === null) return
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    volume.gain.value = 0.25
    tone.frequency.value = hertz
    tone.connect(volume).connect(audio.destination)
    tone.start(audio.currentTime + at)
    tone.stop(audio.currentTime + at + 0.25)
  }
  effect(() => {
    if (!ringing.value) return
    const ring = (): void => {
      beep(880, 0)
      beep(660, 0.3)
    }
    ring()
    const timer = setInterval(ring, TONE_EVERY_MS)
    return () => clearInterval(timer)
  })
}
