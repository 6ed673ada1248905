import { computed, signal } from '@preact/signals'
import { StreamMessage } from '#protocols/api.ts'
import { nowMs } from './clock.ts'
import { apply } from './picture.ts'

/*
 * The live stream. Every connection starts with a snapshot; a hole in `seq` or a silence makes a new connection, so the
 * page never shows a picture with a piece missing as if it were whole.
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
}

export const link = signal<Link>({ state: 'connecting', heardMs: performance.now(), tries: 0 })

/** Milliseconds without a word, or null while the picture is live. */
export const lostForMs = computed(() => {
  const { state, heardMs } = link.value
  const silentMs = nowMs.value - heardMs
  return state === 'live' || silentMs < GRACE_MS ? null : silentMs
})

/** The gateway speaks words this page does not know: it was upgraded while the page was open. */
export const outdated = signal(false)

export function startStream(url: string): void {
  let nextSeq: number | null = null
  let socket: WebSocket | null = null
  let watchdog: ReturnType<typeof setTimeout> | undefined

  const connect = (): void => {
    nextSeq = null
    const own = new WebSocket(url)
    socket = own
    own.onmessage = event => {
      if (own === socket) hear(String(event.data))
    }
    own.onclose = () => {
      if (own === socket) lose()
    }
    watch()
  }

  const hear = (text: string): void => {
    watch()
    const parsed = StreamMessage.safeParse(parseJson(text))
    if (!parsed.success) {
      outdated.value = true
      link.value = { ...link.value, heardMs: performance.now() }
      if (nextSeq !== null) nextSeq += 1
      return
    }
    const message = parsed.data
    if (message.type !== 'snapshot' && message.seq !== nextSeq) return lose()
    nextSeq = message.seq + 1
    link.value = { state: 'live', heardMs: performance.now(), tries: 0 }
    apply(message)
  }

  const lose = (): void => {
    clearTimeout(watchdog)
    const old = socket
    socket = null
    old?.close()
    const { heardMs, tries, state } = link.value
    link.value = { state: state === 'connecting' ? 'connecting' : 'lost', heardMs, tries: tries + 1 }
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 1.6 ** tries) * (0.8 + Math.random() * 0.4)
    setTimeout(connect, waitMs)
  }

  const watch = (): void => {
    clearTimeout(watchdog)
    watchdog = setTimeout(lose, SILENCE_MS_MAX)
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
