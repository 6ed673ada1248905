import type { UnitView } from '#protocols/api.ts'
import type { Findings } from './findings.ts'

/** The quickest message of so long is what lateness is counted from. */
const WINDOW_MS = 9 * 60_000
/** Ages are shown in whole milliseconds. */
const ROUNDING_MS = 5
const PLACES_MAX = 600

type Place = { readonly lat: number; readonly lon: number }

type Device = {
  /** When the receiver told a place, by its latitude, and how quick the quickest message was when it was told on. */
  readonly places: Map<number, { readonly lon: number; readonly atMs: number; quickestMs: number }>
  bootId: string
  delays: { readonly atMs: number; readonly delayMs: number }[]
}

/**
 * How old a position on the page is, against when its receiver told it. No clock is shared, so a page may be too young by the
 * quickest delay of the last minutes, and by nothing else.
 */
export class AgeWatch {
  readonly #findings: Findings
  readonly #nowMs: () => number
  readonly #devices = new Map<string, Device>()

  constructor(findings: Findings, nowMs: () => number) {
    this.#findings = findings
    this.#nowMs = nowMs
  }

  seen(deviceId: string, lat: number, lon: number): void {
    const { places } = this.#deviceOf(deviceId)
    places.set(lat, { lon, atMs: this.#nowMs(), quickestMs: 0 })
    if (places.size > PLACES_MAX) for (const oldest of places.keys()) return void places.delete(oldest)
  }

  /** A live message of this boot reached the centre, so long after it was sent. */
  live(deviceId: string, bootId: string, delayMs: number, place: Place | null): void {
    const device = this.#deviceOf(deviceId)
    if (device.bootId !== bootId) device.delays = []
    device.bootId = bootId
    const nowMs = this.#nowMs()
    let quickestMs = delayMs
    device.delays.push({ atMs: nowMs, delayMs })
    while (device.delays[0]!.atMs < nowMs - WINDOW_MS) device.delays.shift()
    const told = place === null ? undefined : device.places.get(place.lat)
    if (told === undefined || told.lon !== place!.lon) return
    for (const { delayMs: other } of device.delays) quickestMs = Math.min(quickestMs, other)
    told.quickestMs = Math.max(told.quickestMs, quickestMs)
  }

  /** Another run of the centre: it knows no delay any more. */
  centreGone(): void {
    for (const device of this.#devices.values()) device.bootId = ''
  }

  shown(view: UnitView): void {
    const { position, deviceId } = view
    if (position === null || deviceId === null) return
    const told = this.#deviceOf(deviceId).places.get(position.lat)
    if (told === undefined || told.lon !== position.lon) return
    const ageMs = this.#nowMs() - told.atMs
    if (ageMs > position.ageMs + told.quickestMs + ROUNDING_MS)
      this.#findings.add('tooYoung', deviceId, `shown ${position.ageMs} ms old, is ${Math.round(ageMs)} ms`)
  }

  #deviceOf(deviceId: string): Device {
    let device = this.#devices.get(deviceId)
    if (device === undefined)
      this.#devices.set(deviceId, (device = { places: new Map(), bootId: '', delays: [] }))
    return device
  }
}
