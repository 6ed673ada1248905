import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { pathToFileURL } from 'node:url'
import type { UnitId } from '#protocols/ids.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { Grid } from '../grids/grid.ts'
import type { Profile } from '../profiles/profile.ts'
import type { SnapIndex } from '../roads/snap.ts'
import type { SharedTimes } from '../profiles/profile-times.ts'
import { FREE_FLOW } from '../reach/conditions.ts'
import type { Conditions } from '../reach/conditions.ts'
import type { CoverageDuty } from './coverage-duty.ts'
import type { CoverageRefresh } from './coverage-book.ts'
import type { ReachStart } from './coverage-engine.ts'
import type { CoverageInput, CoverageMeasured } from './coverage-input.ts'
import type { MoveUpAsked, MoveUpMeasured, StandbyPlace } from './move-ups.ts'
import type { Foreseen, UnitLoss } from './plans.ts'
import { NO_HISTORY } from './demand-history.ts'
import type { DemandCounts } from './demand-history.ts'
import { roadsHeader } from './roads-bytes.ts'

export type WorkerData = {
  /** The graph file as it is. */
  readonly graph: Uint8Array
  /** Where its roads lie, shared; made anew without. */
  readonly snapIndex?: SnapIndex
  readonly grids: readonly Grid[]
  readonly spotPrefix: string
  readonly standby: readonly StandbyPlace[]
  /** How units move, and what drives take so; length over speed when absent. */
  readonly driving?: { readonly profile: Profile; readonly times: SharedTimes }
  /** What driving takes at the start; `lay` changes it. */
  readonly conditions?: Conditions
  /** What incidents say of demand at the start; `weigh` changes it. */
  readonly demand?: DemandCounts
}
type Question =
  | { readonly kind: 'roads' | 'coldSpots' }
  | { readonly kind: 'reach'; readonly start: ReachStart; readonly as: 'geojson' | 'roads' }
  | { readonly kind: 'moveUps'; readonly asked: MoveUpAsked }
  | { readonly kind: 'losses' | 'without' | 'roadsWithout'; readonly unitIds: readonly UnitId[] }
/** Drawings and plans, by what was asked. */
export type Answer = string | Uint8Array | readonly UnitLoss[] | Foreseen | MoveUpMeasured
export type ToWorker = { readonly id: number } & (
  | { readonly kind: 'refresh'; readonly input: CoverageInput }
  | { readonly kind: 'lay'; readonly conditions: Conditions; readonly only?: readonly Drive[] }
  | { readonly kind: 'weigh'; readonly demand: DemandCounts }
  | Question
)
export type FromWorker = { readonly id: number } & (
  | { readonly kind: 'refreshed'; readonly measured: CoverageMeasured }
  | { readonly kind: 'made'; readonly result: Result<Answer> }
)

const REFRESH_MS = 1_000
/** A refresh takes a few ten milliseconds and the first start a second; after this the thread is stuck. */
const STUCK_MS = 15_000
const RESTART_MS = 1_000
/** Questions waiting for the thread; more is a page that asks in a loop. */
const WAITING_MAX = 64

export type CoverageThread = {
  ask<T extends Answer>(question: Question): Promise<Result<T>>
  /** What driving takes from the next refresh on, as `RoadWeights.lay`; kept for a thread that is started again. */
  lay(conditions: Conditions, only?: readonly Drive[]): void
  /** What incidents say of demand from the next refresh on; kept like conditions. */
  weigh(demand: DemandCounts): void
  /** The newest refresh as the map colours it, made when it is first asked for; all unknown while there is none. */
  roads(): Promise<Result<Uint8Array>>
  stats(): { readonly restarts: number; readonly lastTookMs: number }
  close(): Promise<void>
}

export type ThreadParts = {
  readonly clock: Clock
  readonly log: Logger
  readonly data: WorkerData
  /** Edges of the graph. */
  readonly edges: number
  /** The moment as the city sees it; asked once a second, on the event loop. */
  readonly read: () => { readonly duty: CoverageDuty; readonly input: Omit<CoverageInput, 'tick' | 'monoMs'> }
  /** A refresh, or null when the thread died: nothing is known until the next. */
  readonly onRefresh: (refresh: CoverageRefresh | null) => void
  /** Where the worker's code lies; tests hand in another. */
  readonly entry?: URL
}

/** Starts the thread and asks it once a second; when it dies or hangs it is started again. */
export function openCoverageThread(parts: ThreadParts): CoverageThread {
  return new Thread(parts)
}

/**
 * Of threads that are started from now on, 1 MB twice: this one works in arrays it made at its start, and the 4 MB twice that
 * the loop needs would be held for nothing. Who runs already keeps its own.
 */
const YOUNG_GENERATION = '--max-semi-space-size=1'

type Waiting = (result: Result<Answer>) => void

class Thread implements CoverageThread {
  private readonly parts: ThreadParts
  private worker: Worker | null = null
  private ids = 0
  private ticks = 0
  private restarts = 0
  private lastTookMs = 0
  private hasRefreshed = false
  /** What was asked of the newest refresh: every page that looks at it gets the same. */
  private drawn: Promise<Result<Uint8Array>> | null = null
  private inFlight: {
    readonly id: number
    readonly sinceMonoMs: number
    readonly duty: CoverageDuty
  } | null = null
  private readonly waiting = new Map<number, Waiting>()
  private cancel = (): void => undefined
  private conditions: Conditions
  private demand: DemandCounts
  private closed = false

  constructor(parts: ThreadParts) {
    this.parts = parts
    this.conditions = parts.data.conditions ?? FREE_FLOW
    this.demand = parts.data.demand ?? NO_HISTORY
    this.start()
    this.arm()
  }

  ask<T extends Answer>(question: Question): Promise<Result<T>> {
    const { worker } = this
    if (worker === null || !this.hasRefreshed || this.waiting.size >= WAITING_MAX)
      return Promise.resolve(fault('COVERAGE_LOST', 'no refresh to answer from'))
    const id = ++this.ids
    return new Promise(resolve => {
      this.waiting.set(id, result => resolve(result as Result<T>))
      worker.postMessage({ id, ...question } satisfies ToWorker)
    })
  }

  weigh(demand: DemandCounts): void {
    this.demand = demand
    this.worker?.postMessage({ id: ++this.ids, kind: 'weigh', demand } satisfies ToWorker)
  }

  lay(conditions: Conditions, only?: readonly Drive[]): void {
    this.conditions = conditions
    const message = { id: ++this.ids, kind: 'lay', conditions, ...(only !== undefined && { only }) } as const
    this.worker?.postMessage(message satisfies ToWorker)
  }

  roads(): Promise<Result<Uint8Array>> {
    if (!this.hasRefreshed) return Promise.resolve(ok(roadsHeader(this.parts.edges, this.ticks)))
    return (this.drawn ??= this.ask<Uint8Array>({ kind: 'roads' }))
  }

  stats(): { restarts: number; lastTookMs: number } {
    return { restarts: this.restarts, lastTookMs: this.lastTookMs }
  }

  async close(): Promise<void> {
    this.closed = true
    this.cancel()
    const { worker } = this
    this.forget()
    await worker?.terminate()
  }

  private start(): void {
    const worker = startWorker(this.parts.entry, {
      ...this.parts.data,
      conditions: this.conditions,
      demand: this.demand,
    })
    this.worker = worker
    worker.on('message', (message: FromWorker) => this.hear(message))
    worker.on('error', error => this.lose(worker, String(error)))
    worker.on('exit', code => this.lose(worker, `exit ${code}`))
  }

  private arm(): void {
    this.cancel = this.parts.clock.after(REFRESH_MS, () => {
      this.refresh()
      this.arm()
    })
  }

  private refresh(): void {
    const { worker, inFlight } = this
    const { monoMs } = this.parts.clock.now()
    if (worker === null) return
    if (inFlight !== null) {
      if (monoMs - inFlight.sinceMonoMs > STUCK_MS) this.lose(worker, 'stuck')
      return
    }
    const { duty, input } = this.parts.read()
    const id = ++this.ids
    this.inFlight = { id, sinceMonoMs: monoMs, duty }
    const whole = { ...input, tick: ++this.ticks, monoMs }
    worker.postMessage({ id, kind: 'refresh', input: whole } satisfies ToWorker)
  }

  private hear(message: FromWorker): void {
    if (message.kind === 'made') {
      this.waiting.get(message.id)?.(message.result)
      this.waiting.delete(message.id)
      return
    }
    const { inFlight } = this
    if (inFlight?.id !== message.id) return
    this.inFlight = null
    this.hasRefreshed = true
    this.drawn = null
    this.lastTookMs = message.measured.tookMs
    this.parts.onRefresh({ measured: message.measured, duty: inFlight.duty })
  }

  private lose(worker: Worker, why: string): void {
    if (this.worker !== worker || this.closed) return
    this.parts.log.error({ event: 'coverage.lost', why })
    this.restarts++
    this.forget()
    void worker.terminate()
    this.parts.onRefresh(null)
    this.parts.clock.after(RESTART_MS, () => {
      if (!this.closed) this.start()
    })
  }

  private forget(): void {
    this.worker = null
    this.inFlight = null
    this.hasRefreshed = false
    this.drawn = null
    for (const answer of this.waiting.values()) answer(fault('COVERAGE_LOST', 'the thread ended'))
    this.waiting.clear()
  }
}

/**
 * In the bundle the worker is a file beside this one. In a checkout it is TypeScript, which a worker cannot load by
 * itself: a line of code registers the loader first.
 */
function startWorker(entry: URL | undefined, data: WorkerData): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const url = entry ?? new URL(isSource ? './coverage-worker.ts' : './coverage-worker.js', import.meta.url)
  if (!url.pathname.endsWith('.ts')) {
    setFlagsFromString(YOUNG_GENERATION)
    return new Worker(url, { workerData: data })
  }
  // `require` finds the CommonJS twin, which looks for its parts in a folder it does not have.
  const found = createRequire(import.meta.url).resolve('tsx/esm/api')
  const loader = pathToFileURL(found.replace(/\.cjs$/, '.mjs')).href
  const code = `import(${JSON.stringify(loader)}).then(({ register }) => (register(), import(${JSON.stringify(url.href)})))`
  return new Worker(code, { eval: true, workerData: data })
}
