import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Logger } from '#protocols/log.ts'
import { replaceFile } from '../provisioning/replace-file.ts'
import { perBattery } from './battery-curve.ts'
import type { LastEnd } from './cold-start.ts'
import type { PowerConfig } from './power-config.ts'

/**
 * How the last run ended, beside the outbox and not in it: a start in the cold reads it before the store is opened.
 *
 *     { "v": 1, "inOrder": false, "lastVolts": 10.4, "brownouts": 2 }
 */
const Written = z.object({
  v: z.literal(1),
  inOrder: z.boolean(),
  /** Of one 12 V battery. */
  lastVolts: z.number().nullable(),
  brownouts: z.number().int().min(0),
})

const NAME = 'power.json'

/** Undefined before the first run and where the file is damaged: then nothing is counted, and the start goes on. */
export async function readLastEnd(dir: string, log: Logger): Promise<LastEnd | undefined> {
  const file = join(dir, NAME)
  try {
    const { inOrder, lastVolts, brownouts } = Written.parse(JSON.parse(await readFile(file, 'utf8')))
    return { inOrder, lastVolts, brownouts }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ event: 'power.file_broken', file, detail: String(error).slice(0, 200) })
    return undefined
  }
}

export type LastEndKeeper = {
  /** A reading of the supply; null: nobody tells it. */
  hear(volts: number | null): void
  /** This start lives: a row of brown-outs is over. */
  settled(): void
  /** Everything is closed. Resolves when that lies on the disk, or could not be written. */
  inOrder(): Promise<void>
}

/**
 * Keeps for the next start how this run stands, so that a power cut at any time leaves the truth: written when the
 * voltage crosses the border of loading, not with every reading; a car that nobody tells the volts of keeps nothing. A
 * disk that refuses costs the count and nothing else.
 */
export function openLastEnd(
  dir: string,
  config: Pick<PowerConfig, 'system' | 'boot'>,
  begun: { readonly brownouts: number },
  log: Logger,
): LastEndKeeper {
  let last: LastEnd = { inOrder: false, lastVolts: null, brownouts: begun.brownouts }
  let isOver = false
  let writing: Promise<void> | null = null
  let isStale = false
  const write = async (): Promise<void> => {
    while (isStale) {
      isStale = false
      const written = await replaceFile(dir, NAME, `${JSON.stringify({ v: 1, ...last })}\n`)
      if (!written.ok) log.warn({ event: 'power.file_unwritten', code: written.code, detail: written.detail })
    }
    writing = null
  }
  const note = (next: LastEnd): Promise<void> => {
    if (isOver) return writing ?? Promise.resolve()
    last = next
    isStale = true
    return (writing ??= write())
  }
  const isUnder = (volts: number | null): boolean => volts !== null && volts < config.boot
  return {
    hear: volts => {
      const one = volts === null ? null : Math.round(perBattery(volts, config.system) * 100) / 100
      // What went silent was low when it was last heard.
      if (one === null || (last.lastVolts !== null && isUnder(one) === isUnder(last.lastVolts))) return
      void note({ ...last, lastVolts: one })
    },
    settled: () => void (last.brownouts > 0 && note({ ...last, brownouts: 0 })),
    inOrder: () => {
      if (last.lastVolts === null && last.brownouts === 0) return Promise.resolve()
      const noted = note({ ...last, inOrder: true, brownouts: 0 })
      isOver = true
      return noted
    },
  }
}
