import { readFile } from 'node:fs/promises'
import { exitCodeOf } from '#protocols/cli/exit-code.ts'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Target } from '../reach/nearest.ts'
import type { Purpose, RoadSnap, Snap } from '../roads/snap.ts'
import { parseLonLat, parseNumber } from './arguments.ts'

/** What the verbs over a road graph share: reading it, placing a point on it, saying what went wrong. */

/** Further from any road than this, a place has no honest driving time. */
export const OFF_ROAD_M = 250

/** Results go to stdout, whole lines; a reader that stops early (`| head`) is no mistake of ours. */
export function print(text: string): void {
  process.stdout.off('error', stopQuietly).on('error', stopQuietly)
  process.stdout.write(`${text}\n`)
}

function stopQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Words for people go to stderr. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** One line about a fault and the exit code for it. */
export function refuse(verb: string, { code, detail }: Fault): 1 | 2 {
  say(
    code === 'USAGE'
      ? `reach5 ${verb}: ${detail} (reach5 ${verb} --help)`
      : `reach5 ${verb}: ${code} ${detail}`,
  )
  return exitCodeOf(code)
}

/** Faults: those of `openGraph`, and those of `readBytes`. */
export async function readGraph(file: string): Promise<Result<RoadGraph>> {
  const bytes = await readBytes(file)
  if (!bytes.ok) return bytes
  const graph = openGraph(bytes.value)
  return graph.ok ? graph : fault(graph.code, `${file}: ${graph.detail}`)
}

/** A file's bytes. Faults: FILE_ABSENT, FILE_UNREADABLE. */
export async function readBytes(file: string): Promise<Result<Buffer>> {
  try {
    return ok(await readFile(file))
  } catch (error) {
    return fileFault(file, error)
  }
}

/** A junction by its id, or PLACE_OFF_ROAD when the graph has none of that number. */
export function nodeTarget(graph: RoadGraph, name: string, text: string): Result<Target> {
  const node = parseNumber(name, text, 0, 2 ** 32)
  if (!node.ok || !Number.isInteger(node.value))
    return fault('USAGE', `${name} ${JSON.stringify(text)} is no node id`)
  if (node.value >= graph.nodeCount)
    return fault('PLACE_OFF_ROAD', `node ${text} is not among 0..${graph.nodeCount - 1}`)
  return ok({ node: node.value })
}

/** The road place nearest to `LON,LAT` that serves the purpose, or PLACE_OFF_ROAD. */
export function placeTarget(snap: RoadSnap, text: string, purpose: Purpose): Result<Snap> {
  const place = parseLonLat(text)
  if (!place.ok) return place
  const found = snap.snap(place.value.lat, place.value.lon, OFF_ROAD_M, {}, purpose)
  return found === undefined ? fault('PLACE_OFF_ROAD', `${text}: no road within ${OFF_ROAD_M} m`) : ok(found)
}
