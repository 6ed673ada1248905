import { mkdir, open, readFile, rename, truncate } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#protocols/log.ts'
import type { Clock, Now } from '#protocols/time.ts'
import { EMPTY_LOG, entryAfter, parseLine } from './log-entry.ts'
import type { Deed, LogHead } from './log-entry.ts'

/*
 *     bodycam/
 *       trigger.log       the newest entries
 *       trigger.log.1     the file before it, … up to trigger.log.3: the oldest is overwritten
 *
 * Beside the outbox and not in it, so that what the trigger did is still there when the outbox is lost. Nothing waits for
 * this disk: entries queue in memory and are chained when they are written.
 */
export const LOG_NAME = 'trigger.log'

/** A shift writes some 50 entries of 400 bytes: one file holds weeks. */
const FILE_BYTES_MAX = 1024 * 1024
const FILES_KEPT = 4
/** Entries that wait for a disk that takes nothing; what comes later is counted as lost. */
const WAITING_MAX = 512
const RETRY_MS = 1_000

export type TriggerLog = {
  /** Returns at once. */
  write(deed: Deed, at: Now): void
  /** Resolves when everything written so far was synced or has failed once. */
  flush(): Promise<void>
  close(): Promise<void>
}

export type TriggerLogOptions = {
  readonly dir: string
  readonly bootId: string
  readonly clock: Clock
  readonly log: Logger
  /** The chain's head after each write that ended an activation, once synced. */
  readonly onEnded?: (head: LogHead) => void
  readonly fileBytesMax?: number
}

/** Never rejects: a log that cannot be written is told, tried again, and does not keep the car from starting. */
export function openTriggerLog(options: TriggerLogOptions): TriggerLog {
  const { clock, log } = options
  const waiting: { readonly deed: Deed; readonly at: Now }[] = []
  let lost = 0
  let tail: Tail | null = null
  let isFirst = true
  let isTold = false
  let closed = false
  let draining: Promise<void> | null = null
  let cancelRetry = (): void => {}

  const write = (deed: Deed, at: Now): void => {
    if (closed) return
    if (waiting.length < WAITING_MAX) waiting.push({ deed, at })
    else lost += 1
    begin()
  }
  const begin = (): void => {
    draining ??= drain().finally(() => (draining = null))
  }

  async function drain(): Promise<void> {
    cancelRetry()
    try {
      while (waiting.length > 0 || tail === null) await writeBatch()
      isTold = false
    } catch (error) {
      if (!isTold) log.warn({ event: 'bodycam.log', detail: String(error) })
      isTold = true
      const broken = tail
      tail = null
      await broken?.file.close().catch(() => {})
      if (!closed) cancelRetry = clock.after(RETRY_MS, begin)
    }
  }

  async function writeBatch(): Promise<void> {
    tail ??= await openTail(options.dir)
    const batch = [...opening(tail), ...waiting, ...losses()]
    let { head } = tail
    let text = ''
    for (const { deed, at } of batch) {
      const entry = entryAfter(head, deed, at, options.bootId)
      head = entry.head
      text += `${entry.line}\n`
    }
    const taken = waiting.length
    await tail.file.appendFile(text)
    await tail.file.datasync()
    waiting.splice(0, taken)
    isFirst = false
    lost = 0
    tail = { ...tail, head, bytes: tail.bytes + Buffer.byteLength(text), tornBytes: 0 }
    if (batch.some(({ deed }) => deed.type === 'released' || deed.type === 'failed')) options.onEnded?.(head)
    if (tail.bytes >= (options.fileBytesMax ?? FILE_BYTES_MAX)) tail = await rotate(options.dir, tail)
  }

  const opening = ({ tornBytes }: Tail) =>
    isFirst || tornBytes > 0 ? [{ deed: { type: 'opened', tornBytes } as const, at: clock.now() }] : []
  const losses = () => (lost > 0 ? [{ deed: { type: 'lost', entries: lost } as const, at: clock.now() }] : [])

  begin()
  return {
    write,
    flush: async () => void (await draining),
    close: async () => {
      closed = true
      await draining
      cancelRetry()
      await tail?.file.close()
    },
  }
}

/** The end of the chain as it lies on the disk. */
type Tail = {
  readonly file: FileHandle
  readonly head: LogHead
  readonly bytes: number
  /** Of a last line that a power cut left unfinished; cut off. */
  readonly tornBytes: number
}

async function openTail(dir: string): Promise<Tail> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, LOG_NAME)
  const bytes = await readFile(path).catch(ifAbsent(Buffer.alloc(0)))
  const whole = bytes.lastIndexOf(10) + 1
  if (whole < bytes.length) await truncate(path, whole)
  const text = bytes.subarray(0, whole).toString('utf8')
  const head = whole > 0 ? lastHead(text) : await headBefore(dir)
  if (head === null) await shift(dir)
  const file = await open(path, 'a', 0o600)
  await syncDir(dir)
  return {
    file,
    head: head ?? EMPTY_LOG,
    bytes: head === null ? 0 : whole,
    tornBytes: bytes.length - whole,
  }
}

/** The newest file is new and empty: the chain goes on from the one before it. */
async function headBefore(dir: string): Promise<LogHead> {
  const text = await readFile(join(dir, `${LOG_NAME}.1`), 'utf8').catch(ifAbsent(''))
  return (text === '' ? null : lastHead(text)) ?? EMPTY_LOG
}

/** Null when the last line is not ours: somebody was here, and the file is kept as he left it. */
function lastHead(text: string): LogHead | null {
  const last = parseLine(text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1))
  return last.ok ? { n: last.value.n, sum: last.value.sum } : null
}

async function rotate(dir: string, { file, head }: Tail): Promise<Tail> {
  await file.close()
  await shift(dir)
  const next = await open(join(dir, LOG_NAME), 'a', 0o600)
  await syncDir(dir)
  return { file: next, head, bytes: 0, tornBytes: 0 }
}

async function shift(dir: string): Promise<void> {
  for (let i = FILES_KEPT - 1; i > 0; i -= 1) {
    const from = join(dir, i === 1 ? LOG_NAME : `${LOG_NAME}.${i - 1}`)
    await rename(from, join(dir, `${LOG_NAME}.${i}`)).catch(ifAbsent(undefined))
  }
}

/** The files of a log that are there, oldest first, as one text. */
export async function readTriggerLog(dir: string): Promise<string> {
  let text = ''
  for (let i = FILES_KEPT - 1; i >= 0; i -= 1)
    text += await readFile(join(dir, i === 0 ? LOG_NAME : `${LOG_NAME}.${i}`), 'utf8').catch(ifAbsent(''))
  return text
}

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir)
  await handle.sync().finally(() => handle.close())
}

const ifAbsent =
  <T>(value: T) =>
  (error: unknown): T => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value
    throw error
  }
