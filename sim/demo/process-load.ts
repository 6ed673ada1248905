import { readFileSync } from 'node:fs'

/** What a process has used so far. */
export type ProcessLoad = { readonly cpuSeconds: number; readonly residentBytes: number }

/** Linux counts processor time in hundredths of a second and memory in pages of 4 KiB (proc(5)). */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4_096

/** Processor time since its start and memory of a process; null where the system does not say. */
export function loadOf(pid: number | undefined): ProcessLoad | null {
  if (pid === undefined) return null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything: fields are counted behind it, the state is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const field = (number: number): number => Number(fields[number - 3])
    return {
      cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
      residentBytes: field(24) * PAGE_BYTES,
    }
  } catch {
    return null
  }
}

/** Milliseconds of processor time that the host of this virtual machine has given to others since boot (proc(5), steal); 0 where nobody says. */
export function stolenMs(): number {
  try {
    const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/)
    return (Number(fields[7] ?? 0) * 1_000) / TICKS_PER_SECOND
  } catch {
    return 0
  }
}

/** `13 % of one processor, 283 MB`: between two looks `seconds` apart. */
export function loadInWords(before: ProcessLoad | null, after: ProcessLoad | null, seconds: number): string {
  if (before === null || after === null) return 'this system does not say'
  const share = Math.round((100 * (after.cpuSeconds - before.cpuSeconds)) / seconds)
  return `${share} % of one processor, ${Math.round(after.residentBytes / 1e6)} MB`
}
