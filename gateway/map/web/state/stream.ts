import { computed, signal } from '@preact/signals'
import { StreamMessage } from '#protocols/api.ts'
import { nowMs } from './clock.ts'
import { apply } from './picture.ts'

/*
 * The live stream. A page that was away asks for what happened after its newest `seq` and gets that or a new picture; a hole
 * in `seq` or a silence makes a new connection, so it never shows a picture with a piece missing as if it were whole.
 */
const SILENCE_MS_MAX = 12_000
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 5_000
/** A reconnect within this time is not worth alarming anybody. */
const GRACE_MS = 1_500

type Link = {
  readonly state: 'connecting' | 'live' | 'lost'
  /** Page time of the last message; of the page's start before the first. */
  readonly heardMs: number
  readonly tries: number
  /** Why the gateway ended the last connection, in its own words; '' when it did not say. */
  readonly reason: string
}

export const link = signal<Link>({ state: 'connecting', heardMs: performance.now(), tries: 0, reason: '' })

/** Milliseconds without a word, or null while the picture is live. */
export const lostForMs = computed(() => {
  const { state, heardMs } = link.value
  const silentMs = nowMs.value - heardMs
  return state === 'live' || silentMs < GRACE_MS ? null : silentMs
})

/** The gateway speaks words this page does not know: it was upgraded while the page was open. */
export const outdated = signal(false)

export function startStream(url: string): void {
  /** Newest event the picture contains; null before the first picture. */
  let seq: number | null = null
  let socket: WebSocket | null = null
  let watchdog: ReturnType<typeof setTimeout> | undefined

  const connect = (): void => {
    const own = new WebSocket(`${url}?compact=1${seq === null ? '' : `&after=${seq}`}`)
    socket = own
    own.onmessage = event => {
      if (own === socket) hear(String(event.data))
    }
    own.onclose = event => {
      if (own === socket) lose(event.reason)
    }
    watch()
  }

  const hear = (text: string): void => {
    watch()
    const parsed = StreamMessage.safeParse(parseJson(text))
    if (!parsed.success) {
      outdated.value = true
      link.value = { ...link.value, heardMs: performance.now() }
      // What it says is not understood, so the number it carries cannot be missed.
      seq = null
      return
    }
    const message = parsed.data
    if (!follows(message)) {
      seq = null
      return lose('')
    }
    seq = message.seq
    const { state } = link.value
    if (state === 'live' || message.type === 'snapshot' || message.type === 'resumed')
      link.value = { state: 'live', heardMs: performance.now(), tries: 0, reason: '' }
    apply(message)
  }

  /** Events count by one; everything else repeats the newest number; a snapshot begins. */
  const follows = (message: StreamMessage): boolean => {
    switch (message.type) {
      case 'snapshot':
      case 'resync':
        return true
      case 'incident.changed':
      case 'alarm.changed':
      case 'order.changed':
      case 'system.degraded':
        return seq === null || message.seq === seq + 1
      case 'resumed':
      case 'unit.changed':
      case 'units.moved':
      case 'coverage.changed':
      case 'heartbeat':
        return seq === null || message.seq === seq
    }
  }

  const lose = (reason: string): void => {
    clearTimeout(watchdog)
    const old = socket
    socket = null
    old?.close()
    const { heardMs, tries, state } = link.value
    link.value = {
      state: state === 'connecting' ? 'connecting' : 'lost',
      heardMs,
      tries: tries + 1,
      reason: reason || link.value.reason,
    }
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 1.6 ** tries) * (0.8 + Math.random() * 0.4)
    setTimeout(connect, waitMs)
  }

  const watch = (): void => {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => lose(''), SILENCE_MS_MAX)
  }

  connect()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const streamUrl = (): string => new URL('v1/stream', location.href.replace(/^http/, 'ws')).href
