import type { GridId } from '#protocols/ids.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { CityViews } from './city.ts'
import type { GatewayConfig } from './config.ts'
import { readAhead } from './city/read-ahead.ts'
import type { InTurns, Steps } from './city/steps.ts'
import { BusyShare } from './coverage/busy-share.ts'
import { coverageDuty, Settling } from './coverage/coverage-duty.ts'
import { openCoverageThread } from './coverage/coverage-thread.ts'
import type { CoverageThread, WorkerData } from './coverage/coverage-thread.ts'
import { DemandPace } from './coverage/demand-pace.ts'
import type { MoveUpMeasured } from './coverage/move-ups.ts'
import type { Loop } from './loop/loop.ts'
import type { Turnout } from './profiles/profile.ts'

/** Refreshes of coverage between two looks for who should stand elsewhere. */
const MOVE_UPS_EVERY = 10

/**
 * So long after a refresh began the next one's reading does: two thousand units are 8 to 14 ms of the event loop, which an alarm
 * would wait for if they were read in one piece. They are told 0.2 s old instead, never more than half a second: a thread that
 * hung, or was started anew, asks late.
 */
const READ_AHEAD = { afterMs: 800, keptMs: 500 }

type CoverageRead = ReturnType<typeof coverageDuty>

export type WatchedCoverage = {
  readonly thread: CoverageThread
  /** Seconds since the newest refresh; null while there was none. */
  readonly ageSeconds: () => number | null
  readonly close: () => Promise<void>
}

/**
 * Coverage as it goes on: once a second the thread is told the city as it is, what it finds becomes an event of the city, and
 * now and then it is asked who should stand elsewhere.
 */
export function watchCoverage(
  parts: {
    readonly clock: Clock
    readonly inTurns: InTurns
    readonly log: Logger
    readonly city: CityViews
    readonly loop: Pick<Loop, 'submit'>
    readonly settings: Pick<GatewayConfig, 'busyShare'>
    readonly turnout: Turnout
    readonly graph: RoadGraph
    /** The file `graph` looks into. */
    readonly graphBytes: Uint8Array
    readonly neighboursOf: (gridId: GridId) => readonly GridId[]
  } & Omit<WorkerData, 'graph'>,
): WatchedCoverage {
  const { clock, inTurns, log, city, loop, settings, turnout, graph, graphBytes, neighboursOf, ...data } =
    parts
  const settling = new Settling(clock.now().monoMs)
  const demandPace = new DemandPace()
  const busyShare = new BusyShare(settings.busyShare === 'measured' ? null : settings.busyShare)
  const gridsWatched = { ids: data.grids.map(grid => grid.id), neighboursOf }
  let coveredMonoMs: number | null = null
  const readInSteps = function* (): Steps<CoverageRead> {
    const now = clock.now()
    const units = yield* city.unitsInSteps(now)
    const quietMs = settling.quietMs(units, now.monoMs)
    const busy = busyShare.see(units, now.monoMs)
    yield
    if (demandPace.isDue(city.demandVersion(), now)) thread.weigh(city.demand(now))
    yield
    return coverageDuty(units, city.incidents(now), gridsWatched, quietMs, busy, turnout)
  }
  const reading = readAhead(clock, inTurns, READ_AHEAD, readInSteps)
  const thread: CoverageThread = openCoverageThread({
    ...{ clock, log, edges: graph.edgeCount, data: { ...data, graph: graphBytes } },
    read: reading.read,
    onRefresh: refresh => {
      if (refresh !== null) coveredMonoMs = clock.now().monoMs
      void loop.submit({ events: [{ type: 'coverage', refresh }] })
      if (refresh !== null && refresh.measured.tick % MOVE_UPS_EVERY === 0) void lookForMoveUps()
    },
  })
  const lookForMoveUps = async (): Promise<void> => {
    const asked = city.moveUpsAsked(clock.now())
    const measured = await thread.ask<MoveUpMeasured>({ kind: 'moveUps', asked })
    if (measured.ok) await loop.submit({ events: [{ type: 'moveups', measured: measured.value }] })
  }
  return {
    thread,
    close: () => {
      reading.close()
      return thread.close()
    },
    ageSeconds: () => (coveredMonoMs === null ? null : (clock.now().monoMs - coveredMonoMs) / 1000),
  }
}
