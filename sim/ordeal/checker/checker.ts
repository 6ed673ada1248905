import type { Outbox } from '#agent/outbox/outbox.ts'
import type { CityEvent } from '#gateway/loop/effects.ts'
import type { LedgerOp } from '#gateway/ledger/ledger.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'
import type { SignedOrder } from '#protocols/orders.ts'
import type { Hello } from '#protocols/session.ts'
import type { UpChannel } from '#protocols/topics.ts'
import type { LedgerWatch } from '../../store/simulated-ledger.ts'
import type { Car, CarEars } from '../car.ts'
import type { World } from '../world.ts'
import { AgeWatch } from './age-watch.ts'
import { AlarmWatch } from './alarm-watch.ts'
import { contentOf } from './content.ts'
import { Findings } from './findings.ts'
import { LaneOrder } from './lane-order.ts'
import { OrderWatch } from './order-watch.ts'
import { deviceOfKey, RecordBook } from './record-book.ts'

type ToldEvent = Extract<CityEvent, { type: 'record' }>

/**
 * Stands at the doors of the code and keeps books of its own: what was handed in and answered, what lies on the disks, what
 * went over the wire. It believes no counter and no state of the code it judges.
 */
export class Checker implements CarEars, LedgerWatch {
  readonly findings: Findings
  readonly records: RecordBook
  readonly order: LaneOrder
  readonly orders: OrderWatch
  readonly ages: AgeWatch
  readonly alarms: AlarmWatch
  readonly #world: World
  readonly #promised: (readonly [family: string, key: string])[] = []
  /** Told to the city, and not yet handed to the ledger. */
  #told: ToldEvent[] = []

  constructor(world: World) {
    const nowMs = (): number => world.nowMs
    this.#world = world
    this.findings = new Findings(nowMs)
    this.records = new RecordBook(this.findings)
    this.order = new LaneOrder(this.findings, this.records, nowMs)
    this.orders = new OrderWatch(this.findings, nowMs)
    this.ages = new AgeWatch(this.findings, nowMs)
    this.alarms = new AlarmWatch(this.findings)
  }

  // At a car's doors.

  watched({ deviceId }: Car, outbox: Outbox, isAlive: () => boolean): Outbox {
    const { records, alarms, orders } = this
    return {
      get epoch() {
        return outbox.epoch
      },
      append: async (drafts, notes) => {
        records.asked(deviceId, drafts)
        const presses = drafts.map(pressIn).filter(id => id !== null)
        for (const id of presses) alarms.asked(deviceId, id)
        const result = await outbox.append(drafts, notes)
        if (!isAlive()) return result
        for (const id of presses) alarms.answered(id, result.ok)
        if (result.ok) {
          records.accepted(deviceId, result.value)
          for (const record of result.value) orders.receipted(deviceId, record)
        }
        return result
      },
      read: (lane, afterSeq, limit) => outbox.read(lane, afterSeq, limit),
      free: (lane, upTo, sum) => outbox.free(lane, upTo, sum),
      renew: () => outbox.renew(),
      ranges: () => outbox.ranges(),
      acked: () => outbox.acked(),
      bytesUsed: () => outbox.bytesUsed(),
      health: () => outbox.health(),
      notes: () => outbox.notes(),
      close: () => outbox.close(),
    }
  }

  /** A row with an alarm no longer reads on a car. One that lies in the ledger by then must alarm all the same. */
  alarmRotted(deviceId: string, row: string): void {
    const record = JSON.parse(row) as WireRecord
    if (this.records.known(deviceId, contentOf(record)).effects === 0) this.alarms.rotted(record.body)
  }

  minted({ deviceId }: Car, hex: string, monoMs: number): void {
    this.orders.minted(deviceId, hex, monoMs)
  }

  switched({ deviceId }: Car, _output: string, on: boolean): void {
    this.orders.switched(deviceId, on)
  }

  gone({ deviceId }: Pick<Car, 'deviceId'>): void {
    this.orders.gone(deviceId)
    this.alarms.gone(deviceId)
  }

  // On the wire.

  heard(car: Car, channel: UpChannel, payload: Uint8Array): void {
    if (channel === 'hello') {
      const hello = jsonOf(payload) as Hello | undefined
      if (hello?.lanes !== undefined) this.order.hello(car.deviceId, hello.epoch, hello.lanes)
    }
    if (channel === 'live' && car.isOn) {
      const live = liveIn(bytesOf(payload).toString('latin1'))
      const { monoMs } = car.clock.now()
      // Only of the run that now is: of another one the clock is not known any more.
      if (live !== null && live.sentMonoMs <= monoMs)
        this.ages.live(car.deviceId, live.bootId, monoMs - live.sentMonoMs, live.place)
    }
  }

  // At the centre's doors.

  toldCity(event: ToldEvent): void {
    this.#told.push(event)
  }

  centreGone(): void {
    this.#told = []
    this.ages.centreGone()
  }

  signed(order: SignedOrder): void {
    this.orders.signed(order)
  }

  sealed(ops: readonly LedgerOp[]): () => () => void {
    const told = this.#told
    this.#told = []
    return () => {
      const takeBackRows = this.records.committed(ops)
      for (const op of ops)
        if (op.type === 'put' && op.key.startsWith('record/') && !op.key.startsWith('record/=/'))
          this.order.seen(deviceOfKey(op.key), op.value as WireRecord)
      const undos = told.map(({ deviceId, record }) => this.order.told(deviceId, record))
      return () => {
        for (const undo of undos.reverse()) undo()
        takeBackRows()
      }
    }
  }

  /** The centre said yes. */
  promised(family: string, id: string): void {
    this.#promised.push([family, `${family}${id}`])
  }

  /** A ledger put back to an earlier moment may forget what was said since. */
  excusePromises(sinceCount: number): void {
    this.#promised.length = Math.min(this.#promised.length, sinceCount)
  }

  get promises(): number {
    return this.#promised.length
  }

  closePromises(rowsOf: (family: string) => ReadonlyMap<string, unknown>): void {
    for (const [family, key] of this.#promised)
      if (!rowsOf(family).has(key)) this.findings.add('forgotten', 'centre', key)
  }

  get nowMs(): number {
    return this.#world.nowMs
  }
}

type LiveHead = {
  readonly bootId: string
  readonly sentMonoMs: number
  readonly place: { readonly lat: number; readonly lon: number } | null
}

const [BOOT, SENT, LAT, LON] = ['"bootId":"', '"sentMonoMs":', '"lat":', ',"lon":']
const BOOT_CHARS = 16

/** Boot, moment and place of a live message as a car writes it, read without looking at the rest; null when it is none. */
function liveIn(text: string): LiveHead | null {
  const boot = text.indexOf(BOOT)
  const sent = boot < 0 ? -1 : text.indexOf(SENT, boot)
  if (sent < 0) return null
  const bootId = text.slice(boot + BOOT.length, boot + BOOT.length + BOOT_CHARS)
  const sentMonoMs = numberAt(text, sent + SENT.length)
  if (!BOOT_ID.test(bootId) || Number.isNaN(sentMonoMs)) return null
  const lat = text.indexOf(LAT, sent)
  const lon = lat < 0 ? -1 : text.indexOf(LON, lat)
  if (lon < 0) return { bootId, sentMonoMs, place: null }
  return {
    bootId,
    sentMonoMs,
    place: { lat: numberAt(text, lat + LAT.length), lon: numberAt(text, lon + LON.length) },
  }
}

const BOOT_ID = /^[0-9a-f]{16}$/
/** Longer than any number that JSON writes. */
const NUMBER_CHARS_MAX = 26
const numberAt = (text: string, at: number): number => parseFloat(text.slice(at, at + NUMBER_CHARS_MAX))

function pressIn({ lane, body }: RecordDraft): string | null {
  if (lane !== 'alarm') return null
  return (JSON.parse(body) as { readonly pressId?: string }).pressId ?? null
}

/** The same bytes, not a copy of them. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(bytesOf(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
