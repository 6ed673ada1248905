import { useLayoutEffect } from 'preact/hooks'

/** What a letter does now: the newest part of the page that asked for it, so a card comes before the desk. */
const runs = new Map<string, (() => void)[]>()

/** From the moment the calling component is on the screen, `key` runs `run`; null asks for nothing. */
export function useHotkey(key: string, run: (() => void) | null): void {
  useLayoutEffect(() => {
    if (run === null) return
    const stack = runs.get(key) ?? []
    stack.push(run)
    runs.set(key, stack)
    return () => {
      stack.splice(stack.indexOf(run), 1)
    }
  })
}

/** True when somebody wanted the key. */
export function runHotkey(key: string): boolean {
  const run = runs.get(key)?.at(-1)
  run?.()
  return run !== undefined
}
