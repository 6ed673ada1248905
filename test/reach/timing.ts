import { quantile } from '../oracle/quantile.ts'

/** Milliseconds a call took, over many calls. */
export type Timing = {
  readonly calls: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Times every call on its own; the first tenth warms up and does not count. */
export async function timed<T>(inputs: readonly T[], call: (input: T) => unknown): Promise<Timing> {
  for (const input of inputs.slice(0, Math.ceil(inputs.length / 10))) await call(input)
  const took: number[] = []
  for (const input of inputs) {
    const startedMs = performance.now()
    const answer = call(input)
    if (answer instanceof Promise) await answer
    took.push(performance.now() - startedMs)
  }
  return {
    calls: took.length,
    meanMs: digits(took.reduce((sum, ms) => sum + ms, 0) / took.length),
    p50Ms: digits(quantile(took, 0.5)),
    p99Ms: digits(quantile(took, 0.99)),
  }
}

/** Three digits that say something: 0.00123, 4.56, 789. */
export const digits = (value: number): number => Number(value.toPrecision(3))
