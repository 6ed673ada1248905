import { parentPort, workerData } from 'node:worker_threads'
import { openGraph } from '#protocols/roads/graph.ts'
import { roadsFor, timesFrom } from '../profiles/profile-times.ts'
import { RoadWeights } from '../reach/weights.ts'
import { ok } from '#protocols/result.ts'
import { CoverageEngine } from './coverage-engine.ts'
import type { ToWorker, WorkerData, FromWorker } from './coverage-thread.ts'

/*
 * The thread that computes coverage. It holds its own copy of the graph and answers one message after the other:
 *
 *     ToWorker { id, kind: refresh | coldSpots | reach | … } -> FromWorker { id, result }
 *     ToWorker { id, kind: weigh }: what demand is from the next refresh on
 *     ToWorker { id, kind: lay }: what driving takes from the next answer on
 */
const {
  graph: bytes,
  grids,
  spotPrefix,
  standby,
  driving,
  conditions,
  demand,
  snapIndex,
} = workerData as WorkerData
const graph = openGraph(bytes)
if (!graph.ok) throw new Error(`${graph.code}: ${graph.detail}`)
const driven = driving === undefined ? graph.value : roadsFor(graph.value, driving.profile)
const times = driving && timesFrom(driving.times, driving.profile)
const weights = new RoadWeights(driven, times, conditions)
const engine = new CoverageEngine(driven, grids, { spotPrefix, standby, weights, snapIndex })
if (demand !== undefined) engine.weigh(demand)

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'lay') return engine.lay(message.conditions, message.only)
  if (message.kind === 'weigh') return engine.weigh(message.demand)
  const { answer, moved } = answerTo(message)
  parentPort?.postMessage(answer, moved)
})

function answerTo(message: Exclude<ToWorker, { readonly kind: 'lay' | 'weigh' }>): {
  answer: FromWorker
  moved: ArrayBuffer[]
} {
  const { id } = message
  switch (message.kind) {
    case 'refresh': {
      const startedMs = performance.now()
      const measured = engine.refresh(message.input)
      const tookMs = Math.round((performance.now() - startedMs) * 10) / 10
      return { answer: { id, kind: 'refreshed', measured: { ...measured, tookMs } }, moved: [] }
    }
    case 'roads':
      return drawn(id, engine.roads())
    case 'coldSpots':
      return {
        answer: { id, kind: 'made', result: { ok: true, value: engine.coldSpotsGeoJson() } },
        moved: [],
      }
    case 'losses':
      return { answer: { id, kind: 'made', result: ok(engine.losses(message.unitIds)) }, moved: [] }
    case 'moveUps':
      return { answer: { id, kind: 'made', result: ok(engine.moveUps(message.asked)) }, moved: [] }
    case 'without':
      return { answer: { id, kind: 'made', result: ok(engine.without(message.unitIds)) }, moved: [] }
    case 'roadsWithout':
      return drawn(id, engine.roadsWithout(message.unitIds))
    case 'reach':
      return { answer: { id, kind: 'made', result: engine.reach(message.start, message.as) }, moved: [] }
  }
}

const drawn = (id: number, roads: Uint8Array): { answer: FromWorker; moved: ArrayBuffer[] } => ({
  answer: { id, kind: 'made', result: ok(roads) },
  moved: [roads.buffer as ArrayBuffer],
})
