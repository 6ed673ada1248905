import { readFile } from 'node:fs/promises'
import type { Clock } from '#protocols/time.ts'

/** A file with a number in it, as Linux shows a meter: `/sys/class/hwmon/hwmon2/in1_input` holds millivolts. */
export type VoltFile = { readonly path: string; readonly voltsPerUnit: number }

/** Often enough to see a starter's dip, which lasts about a second. */
const READ_EVERY_MS = 500
/** More than any car has is another meter's file, or a wrong unit. */
const VOLTS_MAX = 40

/**
 * Reads the volts again and again; null, once, when the file is gone or holds no voltage of a car. The returned function
 * ends it.
 */
export function openVoltFile(
  { path, voltsPerUnit }: VoltFile,
  clock: Clock,
  hear: (volts: number | null) => void,
): () => void {
  let closed = false
  let wasNull = false
  let cancel = (): void => {}
  const look = async (): Promise<void> => {
    const volts = await readFile(path, 'latin1').then(
      text => voltsOf(text, voltsPerUnit),
      () => null,
    )
    if (closed) return
    if (volts !== null || !wasNull) hear(volts)
    wasNull = volts === null
    cancel = clock.after(READ_EVERY_MS, () => void look())
  }
  void look()
  return () => {
    closed = true
    cancel()
  }
}

function voltsOf(text: string, voltsPerUnit: number): number | null {
  const volts = /^\s*\d{1,9}(\.\d{1,6})?\s*$/.test(text) ? Number(text) * voltsPerUnit : NaN
  return volts > 0 && volts <= VOLTS_MAX ? volts : null
}
