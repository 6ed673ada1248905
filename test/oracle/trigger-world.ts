import { EMPTY_LOG, entryAfter, parseLine, verifyLog } from '#agent/bodycam/log-entry.ts'
import { advanceTrigger } from '#agent/bodycam/trigger.ts'
import { TriggerConfig } from '#agent/bodycam/trigger-config.ts'
import { durablePartOf, initialTrigger, restoreTrigger } from '#agent/bodycam/trigger-state.ts'
import type { TriggerEffect, TriggerEvent, TriggerState } from '#agent/bodycam/trigger-state.ts'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'
import { randomOf } from '#sim/random.ts'
import { PlainTrigger } from './plain-trigger.ts'
import type { Told } from './plain-trigger.ts'

/*
 * One random sequence, in steps of 50 ms: hands on the contacts, an officer at his camera, a camera that sleeps, gaps in
 * the line, kills. The real trigger and the plain one hear the same readings; the camera obeys the real one.
 *
 *     acts -> contacts, camera -> readings -> trigger -> contact -> camera
 *                                    |           `-> state and log, synced some steps later
 *                                    `-> plain trigger: what should have been told, and when
 *
 * A kill takes the process at the end of a step, with every write that was not synced yet; what comes back is what lay on
 * the disk, with the end of a torn line cut off. In one step the camera's contact is read before anything is decided: what
 * happens between a press and the next poll cannot be seen by a wire, and a level wiring cannot be proved against it.
 */
/** What is put to the test: the trigger, and when its state is stored. Mutants change one of them. */
export type Subject = {
  readonly advance: typeof advanceTrigger
  readonly durablePartOf: typeof durablePartOf
}
export const THE_TRIGGER: Subject = { advance: advanceTrigger, durablePartOf }

export type Wiring = 'level' | 'level-ours' | 'pulse' | 'network'

export type SequenceResult = {
  /** In words, empty when all is well. */
  readonly wrong: readonly string[]
  readonly activations: number
  readonly confirmed: number
  readonly failed: number
  readonly released: number
  readonly kills: number
  readonly officerBegan: number
  readonly officerStopped: number
  /**
   * By `ends: ours` alone, stopped recordings of an officer that no contact can tell from the car's: he had woken the camera
   * a moment before the car called it, or ended its recording between two polls and began his own at once.
   */
  readonly indistinguishable: number
  /** Momentary presses taken by a kill before their write was synced; the camera had been told. */
  readonly goneWithTheProcess: number
  readonly logEntries: number
}

const STEP_MS = 50
const STEPS = 400
const BASE = { postMs: 3_000, holdOffMs: 1_000, retryMs: 1_500 } as const
const CONFIGS: Readonly<Record<Wiring, TriggerConfig>> = {
  level: TriggerConfig.parse(BASE),
  'level-ours': TriggerConfig.parse({ ...BASE, ends: 'ours' }),
  pulse: TriggerConfig.parse({ ...BASE, output: { pulseMs: 200 } }),
  network: TriggerConfig.parse({ ...BASE, output: { pulseMs: 200 }, actions: ['network', 'marker'] }),
}
export const WIRINGS = Object.keys(CONFIGS) as Wiring[]

const SOURCES = ['lightbar', 'siren', 'weapon_rack', 'panic', 'door'] as const

export function runSequence(seed: number, wiring: Wiring, subject: Subject = THE_TRIGGER): SequenceResult {
  const random = randomOf(seed, wiring, 'trigger')
  const chance = (p: number): boolean => random.uniform(0, 1) < p
  const config = CONFIGS[wiring]
  const wrong: string[] = []
  const camera = new StepCamera(wiring === 'level' || wiring === 'level-ours')
  const contacts: Record<string, ChannelValue> = {}
  let cameraGapUntil = -1
  const lag = Math.floor(random.uniform(0, 4))
  const counts = { kills: 0, officerBegan: 0, gone: 0 }

  // The process and its plain twin; null while killed.
  let state: TriggerState | null = initialTrigger()
  let plain: PlainTrigger | null = new PlainTrigger(config)
  let heard: Record<string, ChannelValue> = {}
  let bornAt = 0
  let wakesAt = -1
  let utcMs = 0
  const disk: { step: number; state: string }[] = []
  const plainDisk: { step: number; memory: ReturnType<PlainTrigger['remember']> }[] = []
  const told: Told[] = []
  const plainTold: Told[] = []
  let verdictDueMs: number | null = null
  let openId: string | null = null
  const log: { step: number; line: string }[] = []
  let head = EMPTY_LOG
  let logText = ''
  let compared = 0
  const momentaryStarts: { step: number; id: string }[] = []

  const now = (step: number): Now => ({
    monoMs: step * STEP_MS,
    utcMs: utcMs + step * STEP_MS,
    quality: 'gnss',
  })

  const feed = (event: TriggerEvent, step: number): void => {
    if (state === null) return
    const before = state
    const next = subject.advance(state, event, now(step), config)
    state = next.state
    for (const effect of next.effects) perform(effect, step)
    if (state === before) return
    const isTold = next.effects.some(({ type }) =>
      ['activated', 'confirmed', 'failed', 'released'].includes(type),
    )
    if (isTold || subject.durablePartOf(state) !== subject.durablePartOf(before))
      disk.push({ step, state: JSON.stringify(state) })
  }

  const perform = (effect: TriggerEffect, step: number): void => {
    const atMs = step * STEP_MS
    if (effect.type !== 'wake') {
      const entry = entryAfter(head, effect, now(step), 'boot')
      head = entry.head
      log.push({ step, line: entry.line })
    }
    switch (effect.type) {
      case 'activated':
        if (openId !== null) wrong.push(`${atMs}: a second activation while one runs`)
        openId = effect.activationId
        verdictDueMs = atMs + config.confirmMs
        told.push({ what: 'activated', atMs, sources: effect.sources.join() })
        if (effect.sources.join() === 'panic') momentaryStarts.push({ step, id: effect.activationId })
        break
      case 'confirmed':
      case 'failed':
        if (effect.activationId !== openId) wrong.push(`${atMs}: a verdict on another activation`)
        verdictDueMs = null
        told.push({ what: effect.type, atMs })
        break
      case 'released':
        if (effect.activationId !== openId) wrong.push(`${atMs}: released another activation`)
        openId = null
        told.push({ what: 'released', atMs })
        break
      case 'output':
        if (effect.on) camera.order(step)
        else camera.open(step)
        break
      case 'camera':
        if (effect.order === 'start') camera.order(step)
        break
      case 'lapsed':
      case 'wake':
        break
    }
  }

  for (let step = 0; step < STEPS; step += 1) {
    const atMs = step * STEP_MS
    camera.pass(step)
    // The world. Quiet steps are the rule, so that spans can run out.
    if (chance(0.035)) {
      const channel = SOURCES[Math.floor(random.uniform(0, SOURCES.length))]!
      contacts[channel] = chance(0.5) ? 'off' : chance(0.85) ? 'on' : 'unknown'
    }
    if (chance(0.012)) for (const channel of SOURCES) contacts[channel] = 'off'
    if (chance(0.015)) camera.press(step)
    if (chance(0.004)) camera.fallAsleep()
    if (chance(0.006)) cameraGapUntil = step + Math.floor(random.uniform(1, 20))

    // The process hears what changed, each reading at once, the camera's last.
    if (state === null && step >= wakesAt) {
      // Its own durable word came back, and nothing else.
      const saved = disk.findLast(write => write.step <= bornAt - lag)
      state = restoreTrigger(saved === undefined ? undefined : (JSON.parse(saved.state) as TriggerState))
      const memory = plainDisk.findLast(write => write.step <= bornAt - lag)
      plain =
        memory === undefined ? new PlainTrigger(config) : PlainTrigger.reborn(config, memory.memory, atMs)
      disk.length = 0
      plainDisk.length = 0
      if (saved !== undefined) disk.push({ step: -Infinity, state: saved.state })
      if (memory !== undefined) plainDisk.push({ step: -Infinity, memory: memory.memory })
      heard = {}
      openId = state.activation?.id ?? null
      verdictDueMs =
        state.activation?.outcome === 'pending' && !state.activation.alarmed ? atMs + config.confirmMs : null
      feed({ type: 'wake' }, step)
      plain.pass(atMs)
    }
    if (state !== null && plain !== null) {
      const readings: Record<string, ChannelValue> = {
        ...Object.fromEntries(SOURCES.map(channel => [channel, contacts[channel] ?? 'off'])),
        camera_recording: step < cameraGapUntil ? 'unknown' : camera.by === null ? 'off' : 'on',
      }
      for (const [channel, value] of Object.entries(readings)) {
        if (heard[channel] === value) continue
        heard[channel] = value
        const toldBefore = told.length
        const joinedBefore = state.activation?.sources.length
        const idBefore: string | undefined = state.activation?.id
        feed({ type: 'input', channel: channel as Channel, value }, step)
        const activation: TriggerState['activation'] = state.activation
        if (activation !== null && activation.id === idBefore && activation.sources.length !== joinedBefore)
          told.splice(toldBefore, 0, { what: 'joined', atMs, sources: activation.sources.join() })
        plain.hear(channel, value, atMs)
        // Without any model: whatever may start, and is read as on, is in an activation now.
        const kind = config.sources[channel as 'siren']
        const isQuiet = state.holdUntilMonoMs !== null && kind === 'level'
        if (value === 'on' && kind !== undefined && openId === null && !isQuiet)
          wrong.push(`${atMs}: ${channel} is on and nothing was activated`)
      }
      feed({ type: 'wake' }, step)
      plain.pass(atMs)
      if (verdictDueMs !== null && atMs > verdictDueMs) {
        wrong.push(`${atMs}: no verdict in time`)
        verdictDueMs = null
      }
      plainTold.push(...plain.told.splice(0))
      plainDisk.push({ step, memory: plain.remember() })
      if (plainDisk.length > 8) plainDisk.shift()
      const differs = firstDifference(told, plainTold, compared)
      if (differs !== null) {
        const [a, b] = [told, plainTold].map(list => JSON.stringify(list.slice(differs, differs + 3)))
        wrong.push(`${atMs}: told ${a}, should have told ${b}`)
        break
      }
      compared = told.length
    }

    if (state !== null && chance(0.01)) {
      counts.kills += 1
      bornAt = step
      wakesAt = step + 1 + Math.floor(random.uniform(0, 30))
      utcMs += Math.floor(random.uniform(0, 3_000))
      for (const start of momentaryStarts) {
        const isSynced = start.step <= step - lag
        if (!isSynced && start.id === openId && contacts['panic'] !== 'on') counts.gone += 1
      }
      state = null
      plain = null
      const synced = log.filter(entry => entry.step <= step - lag)
      const torn = log[synced.length]?.line.slice(0, Math.floor(random.uniform(1, 200))) ?? ''
      const text = logText + synced.map(({ line }) => `${line}\n`).join('') + torn
      logText = text.slice(0, text.lastIndexOf('\n') + 1)
      const last = parseLine(logText.slice(logText.lastIndexOf('\n', logText.length - 2) + 1, -1))
      head = last.ok ? { n: last.value.n, sum: last.value.sum } : EMPTY_LOG
      log.length = 0
    }
  }

  logText += log.map(({ line }) => `${line}\n`).join('')
  const verified = verifyLog(logText, head)
  if (!verified.ok) wrong.push(`the log: ${verified.code} ${verified.detail}`)
  if (camera.officerStopped > 0) wrong.push(`${camera.officerStopped} recordings of an officer stopped`)
  const count = (what: Told['what']): number => told.filter(word => word.what === what).length
  return {
    wrong,
    activations: count('activated'),
    confirmed: count('confirmed'),
    failed: count('failed'),
    released: count('released'),
    kills: counts.kills,
    officerBegan: camera.officerBegan,
    officerStopped: camera.officerStopped,
    indistinguishable: camera.indistinguishable,
    goneWithTheProcess: counts.gone,
    logEntries: verified.ok ? verified.value.entries : 0,
  }
}

function firstDifference(a: readonly Told[], b: readonly Told[], from: number): number | null {
  for (let i = from; i < Math.max(a.length, b.length); i += 1)
    if (JSON.stringify(a[i]) !== JSON.stringify(b[i])) return i
  return null
}

/** A camera in steps: 300 ms from an order to its recording, 1.5 s from sleep, and the one button. */
class StepCamera {
  by: 'trigger' | 'officer' | null = null
  asleep = false
  officerBegan = 0
  officerStopped = 0
  indistinguishable = 0
  private orderedAt = -Infinity
  private wokenAt: number | null = null
  private beganAt = -Infinity
  private isUnseen = false
  private starting: { readonly by: 'trigger' | 'officer'; readonly atStep: number } | null = null
  private readonly followsOpening: boolean

  constructor(followsOpening: boolean) {
    this.followsOpening = followsOpening
  }

  pass(step: number): void {
    if (this.starting === null || step < this.starting.atStep) return
    this.begin(this.starting.by, step)
  }

  /** Only its button wakes it again. */
  fallAsleep(): void {
    if (this.by === null && this.starting === null) this.asleep = true
  }

  order(step: number): void {
    this.orderedAt = step
    this.isUnseen = false
    if (this.asleep || this.by !== null || this.starting !== null) return
    this.starting = { by: 'trigger', atStep: step + 300 / STEP_MS }
  }

  open(_step: number): void {
    if (!this.followsOpening || this.asleep) return
    if (this.starting?.by === 'trigger') this.starting = null
    const isWoken = this.wokenAt !== null && this.wokenAt <= this.orderedAt
    if (this.by === 'officer' && (isWoken || this.isUnseen)) this.indistinguishable += 1
    else if (this.by === 'officer') this.officerStopped += 1
    this.by = null
  }

  /** What begins is his, unless the car was first by a moment: a press while it starts means nothing to a camera. */
  press(step: number): void {
    if (this.by !== null) {
      if (this.beganAt === step) this.isUnseen = true
      this.by = null
    } else if (this.starting !== null) return
    else if (this.asleep) {
      this.asleep = false
      this.wokenAt = step
      this.starting = { by: 'officer', atStep: step + 1_500 / STEP_MS }
    } else {
      this.wokenAt = null
      this.begin('officer', step)
    }
  }

  private begin(by: 'trigger' | 'officer', step: number): void {
    this.beganAt = step
    this.starting = null
    this.by = by
    if (by === 'officer') this.officerBegan += 1
  }
}
