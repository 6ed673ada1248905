import type { IncidentCreate, IncidentView, Recommendation } from '#protocols/api.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'

/** Where the next incident is and what it is. */
export type NextIncident = () => Pick<IncidentCreate, 'place' | 'class' | 'severity'>

export type DispatcherParts = {
  /** The gateway's pages, `http://127.0.0.1:5110`. */
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
  readonly next: NextIncident
  /** How long until the next incident, asked after each. */
  readonly gapMs: () => number
  /** False: makes none of its own. */
  readonly makes: boolean
  /** Units left to the visitor. */
  readonly leave: ReadonlySet<string>
  /** No more incidents are made while this many of its own are open. */
  readonly openMax: number
}

const SOON_MS = 1_500
const CLOSE_EVERY_MS = 3_000

/**
 * A dispatcher at the HTTP API, with no more rights than any other: makes an incident, asks who is nearest, sends the
 * first, and closes what its crews have cleared. Incidents of other people are left alone.
 */
export function startDispatcher(parts: DispatcherParts): {
  stop(): void
  /** Something happens now and is handled like the rest; its number, or null when the gateway did not take it. */
  happen(incident: ReturnType<NextIncident>): Promise<string | null>
} {
  const { clock, log } = parts
  const mine = new Set<string>()
  let stopped = false
  let made = 0
  let cancelMake = (): void => {}
  let cancelClose = (): void => {}

  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T | null> => {
    try {
      const response = await fetch(parts.url + path, {
        method,
        signal: AbortSignal.timeout(5_000),
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', 'idempotency-key': `demo-${process.pid}-${++made}` },
        }),
      })
      if (!response.ok) {
        log.debug({ event: 'dispatcher.refused', path, status: response.status, body: await response.text() })
        return null
      }
      return (await response.json()) as T
    } catch (error) {
      log.debug({ event: 'dispatcher.unreachable', path, error: String(error) })
      return null
    }
  }

  async function make(): Promise<void> {
    if (mine.size < parts.openMax) await happen(parts.next())
  }

  async function happen(next: ReturnType<NextIncident>): Promise<string | null> {
    const incident = await ask<IncidentView>('POST', '/v1/incidents', { ...next, source: 'simulator' })
    if (!incident) return null
    mine.add(incident.id)
    await send(incident.id)
    return incident.number
  }

  async function send(incidentId: string): Promise<void> {
    const found = await ask<Recommendation>('POST', `/v1/incidents/${incidentId}/recommendations`, {})
    const first = found?.candidates.find(c => !parts.leave.has(c.unitId))
    if (first) await ask('POST', '/v1/orders', { kind: 'dispatch', incidentId, unitId: first.unitId })
  }

  /** Closes what is done; sends somebody to what nobody works on. */
  async function tidy(): Promise<void> {
    const list = await ask<{ incidents: IncidentView[] }>('GET', '/v1/incidents')
    for (const incident of list?.incidents ?? []) {
      if (!mine.has(incident.id)) continue
      if (['resolved', 'cancelled'].includes(incident.state)) mine.delete(incident.id)
      else if (incident.assignments.some(a => a.state === 'cleared')) {
        if (await ask('POST', `/v1/incidents/${incident.id}/close`, { reason: '处置完毕' }))
          mine.delete(incident.id)
      } else if (incident.assignments.every(a => ['refused', 'cancelled'].includes(a.state)))
        await send(incident.id)
    }
  }

  /** Crews of memory forget their orders with the process; what they were sent to last time is over. */
  async function closeLeftovers(): Promise<void> {
    const list = await ask<{ incidents: IncidentView[] }>('GET', '/v1/incidents')
    for (const { id, source, state } of list?.incidents ?? []) {
      if (source !== 'simulator' || ['resolved', 'cancelled'].includes(state)) continue
      await ask('POST', `/v1/incidents/${id}/close`, { reason: '模拟重新开始' })
    }
  }

  const loop = (): void => {
    if (stopped) return
    void make().finally(() => {
      if (!stopped) cancelMake = clock.after(parts.gapMs(), loop)
    })
  }
  const tidyLoop = (): void => {
    if (stopped) return
    void tidy().finally(() => {
      if (!stopped) cancelClose = clock.after(CLOSE_EVERY_MS, tidyLoop)
    })
  }
  if (parts.makes) cancelMake = clock.after(SOON_MS, () => void closeLeftovers().then(loop))
  cancelClose = clock.after(CLOSE_EVERY_MS, tidyLoop)
  return {
    happen,
    stop: () => {
      stopped = true
      cancelMake()
      cancelClose()
    },
  }
}
