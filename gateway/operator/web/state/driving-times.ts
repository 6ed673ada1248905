import { signal } from '@preact/signals'
import type { DrivingKind, EtaView } from '#protocols/eta.ts'
import { readEta } from './gateway-http.ts'

/** What was learned about driving times; null until the first answer. */
export const etas = signal<EtaView | null>(null)
/** Whose drives the table shows. */
export const kind = signal<DrivingKind>('response')

export async function refreshEtas(): Promise<void> {
  const read = await readEta()
  if (read.ok) etas.value = read.value
}
