import { StreamMessage } from '#protocols/api.ts'
import { packMoves, UnitNumbers } from './stream-news.ts'
import type { AgedView, LinkState, News } from './stream-news.ts'

/*
 * The live stream. A page that was away asks for what happened after its newest `seq` and gets that or a new picture; a hole
 * in `seq` or a silence makes a new connection, so it never shows a picture with a piece missing as if it were whole.
 */
const SILENCE_MS_MAX = 12_000
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 5_000
/** Whole views are told together, at most this late; anything else takes those that wait along. */
const TOGETHER_MS = 100

/** Stays connected until the worker ends; `tell` hands the news over, with the memory that goes along. */
export function startConnection(url: string, tell: (news: News, transfer: ArrayBuffer[]) => void): void {
  /** Newest event the picture contains; null before the first picture. */
  let seq: number | null = null
  let socket: WebSocket | null = null
  let watchdog: ReturnType<typeof setTimeout> | undefined
  let state: LinkState = 'connecting'
  let tries = 0
  const numbers = new UnitNumbers()
  let waiting: (AgedView & { readonly heardMs: number })[] = []
  let waitingAt = ''
  let together: ReturnType<typeof setTimeout> | undefined

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
      // What it says is not understood, so the number it carries cannot be missed.
      seq = null
      return tell({ kind: 'foreign' }, [])
    }
    const message = parsed.data
    if (!follows(message)) {
      seq = null
      return lose('')
    }
    seq = message.seq
    if (state !== 'live' && (message.type === 'snapshot' || message.type === 'resumed')) link('live', 0, '')
    pass(message)
  }

  const pass = (message: StreamMessage): void => {
    switch (message.type) {
      case 'unit.changed': {
        const { data: view, at } = message
        numbers.of(view.id)
        const oldMs = Math.max(0, Date.parse(at) - Date.parse(view.at))
        waiting.push({ view, oldMs, heardMs: performance.now() })
        waitingAt = at
        together ??= setTimeout(passWaiting, TOGETHER_MS)
        return
      }
      case 'units.moved': {
        passWaiting()
        const moves = packMoves(message.data, numbers)
        const transfer = [moves.numbers.buffer, moves.columns.buffer]
        return tell({ kind: 'moves', at: message.at, moves }, transfer)
      }
      case 'snapshot':
        numbers.clear()
        for (const { id } of message.data.units) numbers.of(id)
        break
      case 'resync':
      case 'resumed':
      case 'incident.changed':
      case 'alarm.changed':
      case 'order.changed':
      case 'closure.changed':
      case 'coverage.changed':
      case 'system.degraded':
      case 'heartbeat':
        break
    }
    passWaiting()
    tell({ kind: 'message', message }, [])
  }

  const passWaiting = (): void => {
    clearTimeout(together)
    together = undefined
    if (waiting.length === 0) return
    const now = performance.now()
    const units = waiting.map(({ view, oldMs, heardMs }) => ({ view, oldMs: oldMs + now - heardMs }))
    waiting = []
    tell({ kind: 'units', at: waitingAt, units }, [])
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
      case 'closure.changed':
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
    passWaiting()
    const old = socket
    socket = null
    old?.close()
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 1.6 ** tries) * (0.8 + Math.random() * 0.4)
    link(state === 'connecting' ? 'connecting' : 'lost', tries + 1, reason)
    setTimeout(connect, waitMs)
  }

  const link = (next: LinkState, nextTries: number, reason: string): void => {
    state = next
    tries = nextTries
    tell({ kind: 'link', state, tries, reason }, [])
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
