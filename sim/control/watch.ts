import type { UnitView } from '#protocols/api.ts'
import type { TerminalState } from '#protocols/terminal.ts'

/** One look at a unit: what its own screen shows and what the gateway believes; null where nobody answers. */
export type Look = {
  readonly view: TerminalState | null
  readonly believed: Pick<UnitView, 'link' | 'freshness' | 'emergency' | 'store'> | null
}

export type Seen = {
  readonly what: string
  readonly value: string
  readonly detail: Readonly<Record<string, number>>
}

/** What is remembered between two looks. */
export type Watch = {
  last: Look | null
  /** Largest queue since it was last empty, and when it began to grow. */
  peak: number
  sinceMonoMs: number
}

export const newWatch = (): Watch => ({ last: null, peak: 0, sinceMonoMs: 0 })

/** Below this a queue is the ordinary coming and going of records. */
const QUEUE_WORTH_TELLING = 5

export const queueTotal = (view: TerminalState | null): number =>
  view === null ? 0 : view.queue.alarm + view.queue.event + view.queue.track + view.queue.diag

/** What changed since the last look, in words a feed can show; the first look tells nothing. */
export function noticed(watch: Watch, look: Look, monoMs: number): Seen[] {
  const seen: Seen[] = []
  const before = watch.last
  watch.last = look
  const tell = (what: string, was: string | undefined, is: string | undefined): void => {
    if (before !== null && is !== undefined && was !== is) seen.push({ what, value: is, detail: {} })
  }
  tell('screen', before?.view ? 'on' : 'dark', look.view ? 'on' : 'dark')
  if (look.view) {
    const was = before?.view ?? look.view
    tell('link', was.link, look.view.link)
    tell('gnss', was.gnss, look.view.gnss)
    tell('panel', was.panel, look.view.panel)
    tell('store', was.store, look.view.store)
    tell('power', was.power?.phase ?? undefined, look.view.power?.phase ?? undefined)
    tell('bodycam', was.bodycam, look.view.bodycam)
    tell('panic', String(was.panic.active), String(look.view.panic.active))
    tell('panic.delivered', String(was.panic.delivered), String(look.view.panic.delivered))
  }
  if (look.believed) {
    const was = before?.believed ?? look.believed
    tell('gateway.link', was.link, look.believed.link)
    tell('gateway.freshness', was.freshness, look.believed.freshness)
    tell('gateway.emergency', String(was.emergency), String(look.believed.emergency))
    tell('gateway.store', was.store ?? '', look.believed.store ?? '')
  }
  seen.push(...queueSeen(watch, look, monoMs))
  return seen
}

function queueSeen(watch: Watch, look: Look, monoMs: number): Seen[] {
  if (look.view === null) return []
  const total = queueTotal(look.view)
  if (total > 0 && watch.peak === 0) watch.sinceMonoMs = monoMs
  const { peak, sinceMonoMs } = watch
  watch.peak = Math.max(peak, total)
  if (total > QUEUE_WORTH_TELLING && peak <= QUEUE_WORTH_TELLING)
    return [{ what: 'queue', value: 'grows', detail: { records: total } }]
  if (total > 1) return []
  watch.peak = 0
  if (peak <= QUEUE_WORTH_TELLING) return []
  return [
    {
      what: 'queue',
      value: 'drained',
      detail: { records: peak, seconds: Math.round((monoMs - sinceMonoMs) / 1000) },
    },
  ]
}
