import type { ReadStream, WriteStream } from 'node:tty'
import type { TechnicianView } from '#protocols/technician.ts'
import type { Screen } from '../selftest/run-visit.ts'

/** On something that is no terminal the live block is told this often, as plain lines. */
const PLAIN_EVERY_MS = 5_000

/** Words on stderr; a live block is drawn over itself where that is a terminal. Keys: s skips, q or ^C ends. */
export function terminalScreen(
  wordsOf: (view: TechnicianView) => readonly string[],
  stop: () => void,
): Screen & { close(): void } {
  const out: WriteStream = process.stderr
  const keys: ReadStream = process.stdin
  const skippers = new Set<() => void>()
  let drawn = 0
  let plainAtMs = -Infinity

  const onKey = (key: Buffer): void => {
    const text = key.toString().toLowerCase()
    if (text.includes('q') || text.includes('\x03')) stop()
    else if (text.includes('s')) for (const skip of skippers) skip()
  }
  const hears = out.isTTY && keys.isTTY
  if (hears) {
    keys.setRawMode(true)
    keys.on('data', onKey)
  }
  return {
    say: line => {
      drawn = 0
      console.error(line)
    },
    live: view => {
      const lines = wordsOf(view)
      if (!out.isTTY) {
        const isDue = performance.now() - plainAtMs >= PLAIN_EVERY_MS || view.signal.state !== 'running'
        if (!isDue) return
        plainAtMs = performance.now()
        return void console.error(lines.join('\n'))
      }
      // Up over the old block, each line cleared to its end, the rest of the screen cleared too.
      const up = drawn === 0 ? '' : `\x1b[${drawn}A`
      const clipped = lines.map(line => line.slice(0, Math.max(20, out.columns - 1)))
      out.write(`${up}\r${clipped.map(line => `${line}\x1b[K\n`).join('')}\x1b[J`)
      drawn = lines.length
    },
    onSkip: listener => {
      skippers.add(listener)
      return () => void skippers.delete(listener)
    },
    close: () => {
      if (!hears) return
      keys.off('data', onKey)
      keys.setRawMode(false)
      keys.pause()
    },
  }
}
