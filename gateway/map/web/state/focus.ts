import { signal } from '@preact/signals'

/** What the dispatcher is looking at: one card at a time. */
export type Focus =
  | { readonly kind: 'none' }
  /** `name` where it was found by its name. */
  | { readonly kind: 'place'; readonly lat: number; readonly lon: number; readonly name?: string }
  | { readonly kind: 'incident'; readonly id: string }
  | { readonly kind: 'unit'; readonly id: string }
  | { readonly kind: 'closure'; readonly id: string }
  /** Somebody is about to close a road; without a place the next click on the map says which. */
  | { readonly kind: 'closing'; readonly lat?: number; readonly lon?: number }

export const focus = signal<Focus>({ kind: 'none' })

/** Units numbered in the list beside the map, best first, so that the same numbers stand on the map. */
export const ranked = signal<readonly string[]>([])
/** The roads of the ranked units to the place, where the gateway told them. */
export const routes = signal<readonly (readonly (readonly [number, number])[])[]>([])

/** Where the map should go; `turn` grows so that the same place twice is two wishes. */
export const flight = signal<{ readonly lat: number; readonly lon: number; readonly turn: number } | null>(
  null,
)

export const flyTo = (at: { readonly lat: number; readonly lon: number }): void => {
  flight.value = { lat: at.lat, lon: at.lon, turn: (flight.value?.turn ?? 0) + 1 }
}

/** [lon, lat] points that should be in sight together beside the card. */
export const inSight = signal<readonly (readonly [number, number])[] | null>(null)

export const closeFocus = (): void => {
  focus.value = { kind: 'none' }
}
