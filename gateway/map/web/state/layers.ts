import { signal } from '@preact/signals'

/** What lies on the map beside units and incidents; remembered on this desk. */
export type Layers = {
  /** Roads coloured by time, by how many units, or not. */
  readonly coverage: 'off' | 'time' | 'count'
  readonly warnings: boolean
  readonly coldSpots: boolean
  readonly moveUps: boolean
  readonly stations: boolean
  readonly posts: boolean
  readonly joints: boolean
}
export type LayerSwitch = Exclude<keyof Layers, 'coverage'>
export const SWITCHES: readonly LayerSwitch[] = [
  'warnings',
  'coldSpots',
  'moveUps',
  'stations',
  'posts',
  'joints',
]

const FIRST: Layers = {
  coverage: 'off',
  warnings: true,
  coldSpots: true,
  moveUps: true,
  stations: true,
  posts: true,
  joints: false,
}
const KEY = 'reach5.map.layers'

export const layers = signal<Layers>({ ...FIRST, ...remembered() })
export const layersOpen = signal(false)

export function change(next: Partial<Layers>): void {
  layers.value = { ...layers.value, ...next }
  try {
    localStorage.setItem(KEY, JSON.stringify(layers.value))
  } catch {
    // A locked-down desk: the choice lasts as long as the page.
  }
}

export const nextCoverage = (): void =>
  change({ coverage: ({ off: 'time', time: 'count', count: 'off' } as const)[layers.value.coverage] })

function remembered(): Partial<Layers> {
  try {
    const told: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof told !== 'object' || told === null) return {}
    const { coverage } = told as Record<string, unknown>
    return {
      ...(coverage === 'time' || coverage === 'count' ? { coverage } : {}),
      ...Object.fromEntries(
        SWITCHES.flatMap(key => {
          const value = (told as Record<string, unknown>)[key]
          return typeof value === 'boolean' ? [[key, value]] : []
        }),
      ),
    }
  } catch {
    return {}
  }
}
