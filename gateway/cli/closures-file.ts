import { wordsOf } from '#protocols/cli/flags.ts'
import { ClosureFile } from '#protocols/closures.ts'
import type { ClosureCreate } from '#protocols/closures.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { factorsOf } from '../closures/closure-book.ts'
import { createClosureRoads } from '../closures/closure-roads.ts'
import { isOver, openClosure, stateOf } from '../closures/closure.ts'
import type { Closure } from '../closures/closure.ts'
import { FREE_FLOW } from '../reach/conditions.ts'
import type { Conditions } from '../reach/conditions.ts'
import { RoadSnap } from '../roads/snap.ts'
import type { Arguments } from './arguments.ts'
import { readBytes, say } from './road-verb.ts'

/** For the help of a verb that takes `--closures`. */
export const CLOSURES_HELP = `  --closures FILE  roads closed or slow, {"closures":[…]} as POST /v1/closures takes them; those not in force now are left out`

/**
 * What the roads are like under the closures of `--closures FILE`, free flow without. Faults: those of `readBytes`,
 * CLOSURES_INVALID, which names the closure and what `POST /v1/closures` would have answered.
 */
export async function conditionsFor({ options }: Arguments, graph: RoadGraph): Promise<Result<Conditions>> {
  const file = options.get('--closures')
  if (file === undefined) return ok(FREE_FLOW)
  const asked = await readClosures(file)
  if (!asked.ok) return asked
  const roads = createClosureRoads(graph, new RoadSnap(graph))
  const now = { monoMs: 0, utcMs: Date.now(), quality: 'none' } as const
  const closures: Closure[] = []
  for (const [n, closure] of asked.value.entries()) {
    const stretch = roads.stretchOf(closure.where)
    if (!stretch.ok)
      return fault('CLOSURES_INVALID', `${file}: closures.${n}: ${stretch.code} ${stretch.detail}`)
    closures.push(openClosure(closure, stretch.value, { id: `${n}`, actor: file }, now))
  }
  const inForce = closures.filter(one => stateOf(one, now) === 'in_force' && !isOver(one, now))
  if (inForce.length < closures.length)
    say(`note: ${closures.length - inForce.length} of ${closures.length} closures are not in force now`)
  return ok({ ...FREE_FLOW, layers: [{ by: 'drive', factors: factorsOf(inForce) }] })
}

async function readClosures(file: string): Promise<Result<readonly ClosureCreate[]>> {
  const bytes = await readBytes(file)
  if (!bytes.ok) return bytes
  const json = parsedJson(bytes.value.toString('utf8'))
  if (json === undefined) return fault('CLOSURES_INVALID', `${file}: is no JSON`)
  const parsed = ClosureFile.safeParse(json)
  if (parsed.success) return ok(parsed.data.closures)
  const issue = parsed.error.issues[0]!
  return fault('CLOSURES_INVALID', `${file}: ${issue.path.join('.') || 'the whole'}: ${wordsOf(issue)}`)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
