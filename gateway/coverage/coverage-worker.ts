import { parentPort, workerData } from 'node:worker_threads'
import { openGraph } from '#protocols/roads/graph.ts'
import { CoverageEngine } from './coverage-engine.ts'
import type { ToWorker, WorkerData, FromWorker } from './coverage-thread.ts'

/*
 * The thread that computes coverage. It holds its own copy of the graph and answers one message after the other:
 *
 *     ToWorker { id, kind: refresh | coldSpots | reach } -> FromWorker { id, result }
 */
const { graph: bytes, grids, spotPrefix } = workerData as WorkerData
const graph = openGraph(bytes)
if (!graph.ok) throw new Error(`${graph.code}: ${graph.detail}`)
const engine = new CoverageEngine(graph.value, grids, { spotPrefix })

parentPort?.on('message', (message: ToWorker) => {
  const { answer, moved } = answerTo(message)
  parentPort?.postMessage(answer, moved)
})

function answerTo(message: ToWorker): { answer: FromWorker; moved: ArrayBuffer[] } {
  const { id } = message
  switch (message.kind) {
    case 'refresh': {
      const startedMs = performance.now()
      const measured = engine.refresh(message.input)
      const roads = engine.roads()
      const tookMs = Math.round((performance.now() - startedMs) * 10) / 10
      return {
        answer: { id, kind: 'refreshed', measured: { ...measured, tookMs }, roads },
        moved: [roads.buffer as ArrayBuffer],
      }
    }
    case 'coldSpots':
      return {
        answer: { id, kind: 'made', result: { ok: true, value: engine.coldSpotsGeoJson() } },
        moved: [],
      }
    case 'reach':
      return { answer: { id, kind: 'made', result: engine.reach(message.start, message.as) }, moved: [] }
  }
}
