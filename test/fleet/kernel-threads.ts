import { readdirSync, readFileSync } from 'node:fs'

/** The kernel's own threads at one moment, by what they are called; clock ticks of processor each. */
export type KernelThreads = { readonly atMs: number; readonly ticks: ReadonlyMap<string, number> }

/** The parent of all of them (kthreadd). */
const KTHREADD = '2'
/** Of proc(5)'s clock, USER_HZ. */
const TICK_MS = 10

/** Threads of the kernel with what they have taken; those of one name together. Empty where there is no /proc. */
export function kernelThreads(): KernelThreads {
  const ticks = new Map<string, number>()
  for (const id of processIds()) {
    try {
      const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${id}/stat`, 'latin1'))!
      const fields = rest!.split(' ')
      if (fields[1] !== KTHREADD) continue
      const kind = name!.replace(/[/:].*$/, '')
      ticks.set(kind, (ticks.get(kind) ?? 0) + Number(fields[11]) + Number(fields[12]))
    } catch {
      // It ended meanwhile.
    }
  }
  return { atMs: performance.now(), ticks }
}

/** Which of them has taken most of a processor since; null where nothing is known of them. */
export function busiestSince(before: KernelThreads): { name: string; msPerSecond: number } | null {
  const after = kernelThreads()
  const seconds = (after.atMs - before.atMs) / 1_000
  const taken = [...after.ticks].map(([name, ticks]) => ({
    name,
    msPerSecond: Math.round(((ticks - (before.ticks.get(name) ?? 0)) * TICK_MS) / seconds),
  }))
  return taken.toSorted((a, b) => b.msPerSecond - a.msPerSecond)[0] ?? null
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return []
  }
}
