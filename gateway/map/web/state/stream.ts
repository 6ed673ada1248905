import { computed, signal } from '@preact/signals'
import { nowMs } from './clock.ts'
import { apply } from './picture.ts'
import type { LinkState, News } from './stream-news.ts'

/*
 * The stream as the page hears it. The connection, its parsing and its checks are a worker's (`stream-connection.ts`): a
 * fleet of thousands would cost the page more than drawing it, and a hidden page's timers are slowed down.
 */

/** A reconnect within this time is not worth alarming anybody. */
const GRACE_MS = 1_500

type Link = {
  readonly state: LinkState
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
  const worker = new Worker(new URL('./stream-worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }: MessageEvent<News>) => hear(data)
  worker.postMessage(url)
}

function hear(news: News): void {
  const heardMs = performance.now()
  switch (news.kind) {
    case 'link': {
      const { state, tries, reason } = news
      link.value =
        state === 'live'
          ? { state, heardMs, tries, reason: '' }
          : { ...link.value, state, tries, reason: reason || link.value.reason }
      return
    }
    case 'foreign':
      outdated.value = true
      link.value = { ...link.value, heardMs }
      return
    case 'message':
    case 'units':
    case 'moves':
      if (link.value.state === 'live') link.value = { ...link.value, heardMs }
      return apply(news)
  }
}

export const streamUrl = (): string => new URL('v1/stream', location.href.replace(/^http/, 'ws')).href
