/** What the fleet's process is told. */
export type ToFleet =
  /** All at once; whoever is turned away or loses its link tries again as an agent does. */
  | { readonly type: 'dial'; readonly port: number }
  /** The gateway goes: whoever loses its link waits until it is told to dial. */
  | { readonly type: 'hold' }
  /** Silence between two words of one device. */
  | { readonly type: 'speak'; readonly everyMs: number }
  | { readonly type: 'report' }

export type FromFleet =
  | { readonly type: 'ready' }
  /** After `hold`: nobody is connected any more. */
  | { readonly type: 'lost' }
  /** Of each device: when its n-th word left, by the monotonic clock of the machine. */
  | {
      readonly type: 'report'
      readonly sentMs: readonly (readonly number[])[]
      readonly connects: number
      readonly failedDials: number
    }

/** The n-th word of a device is told by its place: a metre further north with each. */
export const HOME = { lat: 35.59, lon: 116.99 }
const STEP_DEG = 1e-5
export const latOfWord = (n: number): number => Number((HOME.lat + n * STEP_DEG).toFixed(6))
export const wordOfLat = (lat: number): number => Math.round((lat - HOME.lat) / STEP_DEG)

/** Milliseconds of the clock all processes of the machine share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6
