import type { Dial, LinkEvents } from '#agent/uplink/uplink.ts'
import type { BrokerEvent } from '#gateway/broker/broker.ts'
import type { DownChannel, UpChannel } from '#protocols/topics.ts'
import type { Random } from '../random.ts'
import type { World } from './world.ts'

/** A broker closes a silent session after 1.5 keep-alives, and a client gives up as late. */
const KEEPALIVE_MS = 30_000
const CONNECT_WITHIN_MS = 10_000
const REFUSED_AFTER_MS = 40
const LOST_SHARE = 0.3
const TWICE_SHARE = 0.3
const ECHO_MS_MAX = 5_000
const DISORDER_MS_MAX = 2_500
const SLOW_MS: readonly [number, number] = [500, 2_000]
const USUAL_MS: readonly [number, number] = [20, 90]
const DRAWN_FOR_MS = 40

type Way = 'up' | 'down'

/** What goes on between a car and the centre; each is how many faults ask for it now. */
export type Weather = {
  lost: number
  twice: number
  disorder: number
  slow: number
  cutUp: number
  cutDown: number
}

/** One connection, as long as either end believes in it. */
type Session = {
  readonly road: Road
  /** Null once the car's end is closed, or its computer gone. */
  car: LinkEvents | null
  /** The broker holds it. */
  isHeld: boolean
  /** Nothing passes any more and nobody was told. */
  isDead: boolean
  readonly lastMs: Record<Way, number>
  /** What is sent together arrives together: how long the way is, drawn anew now and then. */
  readonly way: Record<Way, { drawnMs: number; delayMs: number }>
  /** What waits for the way to be free. */
  readonly waiting: { readonly way: Way; readonly deliver: () => void }[]
  /** Publishes without an answer. */
  readonly open: Set<(done: boolean) => void>
}

/** Everything the wire knows of one device. */
export type Road = {
  readonly deviceId: string
  readonly weather: Weather
  readonly random: Random
  /** What the broker holds, and what the car believes in; not the same after a power cut. */
  held: Session | null
  used: Session | null
  /** Envelopes of orders that came by, for whoever replays them. */
  readonly seen: Uint8Array[]
  /** What it said last, for whoever garbles or forges. */
  lastLive: Uint8Array | null
  lastRecord: Uint8Array | null
  /** While set, orders are kept back here and not delivered. */
  keptBack: Uint8Array[] | null
  /** Messages so far that were lost, or so late that others overtook them: no TCP would do either. */
  unruly: number
}

export type WireEars = {
  /** A payload reached the centre. */
  heard(deviceId: string, channel: UpChannel, payload: Uint8Array): void
  /** An order reached a car, whoever sent it. */
  ordered(deviceId: string, payload: Uint8Array): void
}

/**
 * The broker and the air. A connection keeps the order of its messages, as TCP does, and answers each of quality 1 once the
 * centre heard it; in bad weather a message is lost, told twice, late, or overtaken, which no TCP would do and a cluster of
 * brokers may.
 */
export class Wire {
  /** The centre, while it is up. */
  hears: ((event: BrokerEvent) => void) | null = null
  readonly #world: World
  readonly #ears: WireEars
  readonly #roads = new Map<string, Road>()
  #isPaused = false
  readonly #held: (() => void)[] = []

  constructor(world: World, ears: WireEars) {
    this.#world = world
    this.#ears = ears
  }

  roadOf(deviceId: string): Road {
    let road = this.#roads.get(deviceId)
    if (road === undefined) {
      const weather = { lost: 0, twice: 0, disorder: 0, slow: 0, cutUp: 0, cutDown: 0 }
      const random = this.#world.random(deviceId, 'wire')
      road = {
        ...{ deviceId, weather, random, held: null, used: null, seen: [], keptBack: null },
        ...{ lastLive: null, lastRecord: null, unruly: 0 },
      }
      this.#roads.set(deviceId, road)
    }
    return road
  }

  /** `isAlive` of the run that dials: a dead computer hears nothing. */
  dialOf(deviceId: string, isAlive: () => boolean): Dial {
    const road = this.roadOf(deviceId)
    return events => this.#dial(road, events, isAlive)
  }

  /** What the centre asks of its broker. */
  publish(deviceId: string, channel: DownChannel, payload: Uint8Array): boolean {
    const road = this.roadOf(deviceId)
    const session = road.held
    if (session === null) return false
    if (channel === 'down/order') {
      road.seen.push(payload)
      if (road.seen.length > 64) road.seen.shift()
      if (road.keptBack !== null) {
        road.keptBack.push(payload)
        return true
      }
    }
    this.#send(session, 'down', () => this.#tell(road, channel, payload))
    return true
  }

  /** Somebody in the middle says something to a car. */
  inject(deviceId: string, payload: Uint8Array): boolean {
    const road = this.roadOf(deviceId)
    if (!road.used?.car) return false
    this.#tell(road, 'down/order', payload)
    return true
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    for (const deliver of this.#held.splice(0)) deliver()
  }

  /** After a change of weather: what waits may go, or whoever waits too long gives up. */
  weatherChanged(road: Road): void {
    const { used, held } = road
    for (const session of new Set([used, held])) if (session !== null) this.#weatherOf(session)
  }

  /** The session is gone for the broker; the car is told if anything reaches it. */
  reset(road: Road, how: 'told' | 'silent'): void {
    const session = road.held ?? road.used
    if (session === null) return
    this.#drop(session)
    if (how === 'told') this.#carHears(session, 'reset')
    else this.#kill(session)
  }

  /** Nothing passes any more, and neither end knows. */
  deaden(road: Road): void {
    const session = road.used ?? road.held
    if (session !== null) this.#kill(session)
  }

  /** The centre is gone with all its sessions: told by its kernel, or not at all. */
  centreGone(how: 'told' | 'silent'): void {
    this.hears = null
    this.resume()
    for (const road of this.#roads.values()) this.reset(road, how)
  }

  /** The computer of a car is gone; its kernel says goodbye, or nobody does. */
  carGone(deviceId: string, how: 'told' | 'silent'): void {
    const road = this.roadOf(deviceId)
    const session = road.used
    road.used = null
    if (session === null) return
    session.car = null
    session.open.clear()
    if (how === 'told' && !this.#isBlocked(session, 'up')) this.#drop(session)
    else this.#kill(session)
  }

  /** All devices whose sessions the broker holds. */
  sessions(): readonly Road[] {
    return [...this.#roads.values()].filter(road => road.held !== null)
  }

  #dial(road: Road, events: LinkEvents, isAlive: () => boolean): () => void {
    const session: Session = {
      road,
      car: events,
      isHeld: false,
      isDead: false,
      lastMs: { up: 0, down: 0 },
      way: { up: { drawnMs: -Infinity, delayMs: 0 }, down: { drawnMs: -Infinity, delayMs: 0 } },
      waiting: [],
      open: new Set(),
    }
    const close = (reason: string): void => {
      if (session.car === null) return
      session.car = null
      if (road.used === session) road.used = null
      for (const answer of session.open) answer(false)
      session.open.clear()
      if (this.#isBlocked(session, 'up')) this.#kill(session)
      else this.#drop(session)
      if (isAlive()) events.onClosed(reason)
    }
    const refuse = (reason: string, afterMs: number): void =>
      void this.#world.after(afterMs, () => isAlive() && close(reason))
    road.used = session
    if (this.hears === null) refuse('refused', REFUSED_AFTER_MS)
    else if (this.#isBlocked(session, 'up') || this.#isBlocked(session, 'down'))
      refuse('timeout', CONNECT_WITHIN_MS)
    else
      this.#world.after(this.#delayMs(road), () => {
        if (!isAlive() || session.car === null) return
        if (this.hears === null) return close('refused')
        this.#take(session)
        let isConnected = false
        this.#world.after(CONNECT_WITHIN_MS, () => isConnected || !isAlive() || close('timeout'))
        this.#send(session, 'down', () => {
          if (isConnected) return
          isConnected = true
          session.car?.onConnected({
            publish: (channel, payload, qos) => this.#publish(session, channel, payload, qos),
            close: () => Promise.resolve(close('closed')),
          })
        })
      })
    return () => close('given up')
  }

  /** A device has one session: the newer takes over. */
  #take(session: Session): void {
    const { road } = session
    if (road.held !== null) this.#drop(road.held)
    road.held = session
    session.isHeld = true
    this.hears?.({ type: 'session', deviceId: road.deviceId, link: 'up' })
  }

  #publish(session: Session, channel: UpChannel, payload: string | Uint8Array, qos: 0 | 1): Promise<boolean> {
    if (session.car === null) return Promise.resolve(false)
    const bytes = Buffer.from(payload)
    if (qos === 0) {
      this.#send(session, 'up', () => this.#reach(session, channel, bytes))
      return Promise.resolve(true)
    }
    return new Promise(resolve => {
      session.open.add(resolve)
      this.#send(session, 'up', () => {
        this.#reach(session, channel, bytes)
        this.#send(session, 'down', () => {
          if (session.open.delete(resolve)) resolve(true)
        })
      })
    })
  }

  #reach(session: Session, channel: UpChannel, payload: Uint8Array): void {
    const { deviceId } = session.road
    if (channel === 'live') session.road.lastLive = payload
    else if (channel.startsWith('up/')) session.road.lastRecord = payload
    const deliver = (): void => {
      if (this.hears === null) return
      this.#ears.heard(deviceId, channel, payload)
      this.hears({ type: 'payload', deviceId, channel, payload })
    }
    if (this.#isPaused) this.#held.push(deliver)
    else deliver()
  }

  #tell(road: Road, channel: DownChannel, payload: Uint8Array): void {
    const car = road.used?.car
    if (!car) return
    if (channel === 'down/order') this.#ears.ordered(road.deviceId, payload)
    car.onMessage(channel, payload)
  }

  #send(session: Session, way: Way, deliver: () => void): void {
    if (this.#isBlocked(session, way)) {
      if (!session.isDead) session.waiting.push({ way, deliver })
      return
    }
    const { road } = session
    const { weather, random } = road
    if (weather.lost > 0 && random.chance(LOST_SHARE)) return void road.unruly++
    const dueMs = this.#world.nowMs + this.#delayOf(session, way)
    const late = weather.disorder > 0 ? random.integer(0, DISORDER_MS_MAX) : 0
    if (late > 0) road.unruly++
    const atMs = late > 0 ? dueMs + late : Math.max(session.lastMs[way], dueMs)
    if (late === 0) session.lastMs[way] = atMs
    this.#arriveAt(session, atMs, way, deliver)
    if (weather.twice > 0 && random.chance(TWICE_SHARE))
      this.#arriveAt(session, atMs + random.integer(1, ECHO_MS_MAX), way, deliver)
  }

  #arriveAt(session: Session, atMs: number, way: Way, deliver: () => void): void {
    this.#world.after(atMs - this.#world.nowMs, () => {
      if (session.isDead || (way === 'up' ? !session.isHeld : session.car === null)) return
      deliver()
    })
  }

  #delayOf({ way, road }: Session, direction: Way): number {
    const drawn = way[direction]
    if (this.#world.nowMs - drawn.drawnMs > DRAWN_FOR_MS) {
      drawn.drawnMs = this.#world.nowMs
      drawn.delayMs = this.#delayMs(road)
    }
    return drawn.delayMs
  }

  #delayMs({ weather, random }: Road): number {
    return random.integer(...(weather.slow > 0 ? SLOW_MS : USUAL_MS))
  }

  #isBlocked({ isDead, road }: Session, way: Way): boolean {
    return isDead || (way === 'up' ? road.weather.cutUp : road.weather.cutDown) > 0
  }

  #weatherOf(session: Session): void {
    const free = session.waiting.filter(({ way }) => !this.#isBlocked(session, way))
    const stuck = session.waiting.filter(({ way }) => this.#isBlocked(session, way))
    session.waiting.splice(0, Infinity, ...stuck)
    for (const { way, deliver } of free) this.#send(session, way, deliver)
    if (this.#isBlocked(session, 'up') || this.#isBlocked(session, 'down')) this.#watch(session)
  }

  /** Blocked for so long, both ends find out. */
  #watch(session: Session): void {
    this.#world.after(KEEPALIVE_MS, () => {
      if (this.#isBlocked(session, 'up') || this.#isBlocked(session, 'down')) this.#giveUp(session)
    })
  }

  #kill(session: Session): void {
    session.isDead = true
    session.waiting.length = 0
    this.#watch(session)
  }

  #giveUp(session: Session): void {
    this.#drop(session)
    session.isDead = true
    this.#closeCar(session, 'keepalive')
  }

  #carHears(session: Session, reason: string): void {
    if (this.#isBlocked(session, 'down')) return this.#kill(session)
    this.#world.after(this.#delayMs(session.road), () => this.#closeCar(session, reason))
    session.isDead = true
  }

  #closeCar(session: Session, reason: string): void {
    const { car, road } = session
    if (car === null) return
    session.car = null
    if (road.used === session) road.used = null
    for (const answer of session.open) answer(false)
    session.open.clear()
    car.onClosed(reason)
  }

  #drop(session: Session): void {
    if (!session.isHeld) return
    session.isHeld = false
    const { road } = session
    if (road.held !== session) return
    road.held = null
    this.hears?.({ type: 'session', deviceId: road.deviceId, link: 'down' })
  }
}
