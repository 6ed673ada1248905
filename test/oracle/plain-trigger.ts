import type { TriggerConfig } from '#agent/bodycam/trigger-config.ts'

/*
 * What a body-cam trigger has to do, written down a second time from its promises alone: one object, plain variables, one
 * rule per paragraph. It switches nothing and knows no contact; it says when an activation begins, what holds it, when its
 * verdict falls and when it ends. It shares no line with `agent/bodycam/`.
 */
export type Told =
  | { readonly what: 'activated' | 'joined'; readonly atMs: number; readonly sources: string }
  | { readonly what: 'confirmed' | 'failed' | 'released'; readonly atMs: number }

type Memory = {
  /** The activation, while there is one. */
  isActive: boolean
  sources: string[]
  verdict: 'pending' | 'confirmed' | 'failed'
  hasAlarmed: boolean
  attempts: number
  /** Until when the camera has time to answer; null while nothing is asked of it. */
  deadlineMs: number | null
  /** When the next attempt begins after a failed one. */
  retryMs: number | null
  /** Waits to hear what the camera does before anything is asked of it. */
  isAsking: boolean
  clearMs: number | null
  quietUntilMs: number | null
  cameraLast: string | null
}

const NOTHING: Memory = {
  isActive: false,
  sources: [],
  verdict: 'pending',
  hasAlarmed: false,
  attempts: 0,
  deadlineMs: null,
  retryMs: null,
  isAsking: false,
  clearMs: null,
  quietUntilMs: null,
  cameraLast: null,
}

export class PlainTrigger {
  private readonly config: TriggerConfig
  private readonly m: Memory
  private readings: Record<string, string> = {}
  readonly told: Told[] = []

  constructor(config: TriggerConfig, memory: Memory = structuredClone(NOTHING)) {
    this.config = config
    this.m = memory
  }

  /** All it would remember over a power cut. */
  remember(): Memory {
    return structuredClone(this.m)
  }

  /** A new process with that memory: every span that was running begins anew, every reading is unknown. */
  static reborn(config: TriggerConfig, memory: Memory, nowMs: number): PlainTrigger {
    const m = structuredClone(memory)
    if (m.clearMs !== null) m.clearMs = nowMs
    if (m.quietUntilMs !== null) m.quietUntilMs = nowMs + config.holdOffMs
    if (m.deadlineMs !== null) m.deadlineMs = nowMs + config.confirmMs
    if (m.retryMs !== null) m.retryMs = nowMs
    return new PlainTrigger(config, m)
  }

  hear(channel: string, value: string, nowMs: number): void {
    const before = this.readings[channel]
    if (before !== value) {
      this.readings[channel] = value
      if (channel === 'camera_recording') this.hearCamera(value, nowMs)
      else if (value === 'on') this.hearSource(channel, nowMs)
    }
    this.look(nowMs)
  }

  private look(nowMs: number): void {
    const { m } = this
    // A lightbar that is on starts an activation, unless one ended a moment ago.
    if (!m.isActive && (m.quietUntilMs === null || nowMs >= m.quietUntilMs)) {
      m.quietUntilMs = null
      const holding = this.holding()
      if (holding.length > 0) this.begin(holding, nowMs)
    }
    if (!m.isActive || this.holding().length > 0) m.clearMs = null
    else m.clearMs ??= nowMs
  }

  pass(nowMs: number): void {
    const { m, config } = this
    this.look(nowMs)
    // A failed attempt is followed by another.
    if (m.isActive && m.retryMs !== null && nowMs >= m.retryMs) {
      m.retryMs = null
      m.attempts += 1
      m.deadlineMs = nowMs + config.confirmMs
    }
    // A camera that says nothing in its time has failed.
    if (m.isActive && m.deadlineMs !== null && nowMs >= m.deadlineMs) this.fail(nowMs, true)
    // The activation ends when nothing holds it for the post time, and never before its verdict.
    const isOver = m.clearMs !== null && nowMs >= m.clearMs + config.postMs
    if (m.isActive && isOver && m.verdict !== 'pending') {
      this.told.push({ what: 'released', atMs: nowMs })
      Object.assign(m, { ...NOTHING, sources: [], cameraLast: m.cameraLast })
      m.quietUntilMs = nowMs + config.holdOffMs
    }
  }

  private hearSource(channel: string, nowMs: number): void {
    const kind = (this.config.sources as Record<string, string | undefined>)[channel]
    if (kind === undefined) return
    const { m } = this
    if (m.isActive) {
      m.clearMs = null
      if (m.sources.includes(channel)) return
      m.sources.push(channel)
      this.told.push({ what: 'joined', atMs: nowMs, sources: m.sources.join() })
    } else if (kind === 'momentary') this.begin([channel], nowMs)
  }

  private begin(sources: string[], nowMs: number): void {
    const camera = this.readings['camera_recording'] ?? 'unknown'
    Object.assign(this.m, {
      ...NOTHING,
      sources: [...sources],
      isActive: true,
      cameraLast: this.m.cameraLast,
    })
    this.told.push({ what: 'activated', atMs: nowMs, sources: sources.join() })
    if (camera === 'on') return this.confirm(nowMs)
    this.m.deadlineMs = nowMs + this.config.confirmMs
    if (camera === 'unknown' && this.m.cameraLast === 'on') this.m.isAsking = true
    else this.m.attempts = 1
  }

  private hearCamera(value: string, nowMs: number): void {
    const { m } = this
    if (value === 'unknown') return
    m.cameraLast = value
    if (!m.isActive) return
    if (value === 'on') {
      if (m.verdict !== 'confirmed') this.confirm(nowMs)
    } else if (m.verdict === 'confirmed') {
      if (this.holding().length === 0) return
      if (m.attempts >= this.config.attemptsMax) return this.fail(nowMs, false)
      m.attempts += 1
      m.verdict = 'pending'
      m.deadlineMs = nowMs + this.config.confirmMs
    } else if (m.isAsking) {
      m.isAsking = false
      m.attempts += 1
    }
  }

  private confirm(nowMs: number): void {
    Object.assign(this.m, { verdict: 'confirmed', deadlineMs: null, retryMs: null, isAsking: false })
    this.told.push({ what: 'confirmed', atMs: nowMs })
  }

  private fail(nowMs: number, mayTryAgain: boolean): void {
    const { m, config } = this
    if (!m.hasAlarmed) this.told.push({ what: 'failed', atMs: nowMs })
    const again = mayTryAgain && m.attempts < config.attemptsMax
    Object.assign(m, { verdict: 'failed', hasAlarmed: true, deadlineMs: null, isAsking: false })
    m.retryMs = again ? nowMs + config.retryMs : null
  }

  /** Level sources that are on, or were and cannot be read any more. */
  private holding(): string[] {
    return Object.entries(this.config.sources)
      .filter(([, kind]) => kind === 'level')
      .map(([channel]) => channel)
      .filter(channel => {
        const value = this.readings[channel] ?? 'unknown'
        return value === 'on' || (value === 'unknown' && this.m.isActive && this.m.sources.includes(channel))
      })
  }
}
