import { computed, signal } from '@preact/signals'
import type { OperatorView } from '#protocols/operator.ts'
import { readGrids, readOperator } from './gateway-http.ts'

/*
 * The newest picture, asked for every two seconds and never more than once at a time. Ages keep growing on the page's own
 * monotonic clock while the gateway is silent.
 */
const EVERY_MS = 2_000
/** A picture older than this is said to be old. */
const OLD_MS = 7_000

export const picture = signal<OperatorView | null>(null)
/** The page's own time at which the picture arrived. */
const arrivedMs = signal(performance.now())
export const nowMs = signal(performance.now())
export const failed = signal<string | null>(null)
export const gridNames = signal<ReadonlyMap<string, string>>(new Map())

/** Milliseconds since the picture was true; added to every age in it. */
export const agedMs = computed(() => Math.max(0, nowMs.value - arrivedMs.value))
export const lostForMs = computed(() =>
  agedMs.value > OLD_MS || picture.value === null ? agedMs.value : null,
)

/** The gateway's wall clock, for the face of the clock alone. */
export const gatewayTimeMs = computed(() =>
  picture.value === null ? null : Date.parse(picture.value.at) + agedMs.value,
)

export async function refresh(): Promise<void> {
  const read = await readOperator()
  if (!read.ok) {
    failed.value = read.code
    return
  }
  failed.value = null
  arrivedMs.value = performance.now()
  nowMs.value = arrivedMs.value
  picture.value = read.value
}

export function startPicture(): void {
  const again = (): void => void refresh().finally(() => setTimeout(again, EVERY_MS))
  again()
  setInterval(() => (nowMs.value = performance.now()), 1000)
  const grids = (): void =>
    void readGrids().then(read => {
      if (!read.ok) return void setTimeout(grids, EVERY_MS)
      gridNames.value = new Map(read.value.features.map(f => [f.properties.id, f.properties.name]))
    })
  grids()
}
