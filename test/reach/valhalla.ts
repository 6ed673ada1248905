import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { npmPeer } from '../cli/peers.ts'

/** MIT; its binaries come inside the package. */
const PACKAGE = '@valhallajs/valhallajs'
const VERSION = '3.6.1'
const BUILD_WITHIN_MS = 300_000

type Actor = {
  matrix(query: object): Promise<unknown>
  isochrone(query: object): Promise<unknown>
  locate(query: object): Promise<unknown>
}
const Module = z.object({
  Actor: z.custom<new (config: string) => Actor>(made => typeof made === 'function'),
})
const Matrix = z.object({ sources_to_targets: z.array(z.array(z.object({ time: z.number().nullable() }))) })

const Edge = z.object({
  speeds: z.object({ default: z.number(), type: z.string() }),
  classification: z.object({ classification: z.string(), link: z.boolean() }),
})
const Located = z.array(
  z.object({ edges: z.array(z.object({ edge: Edge, distance: z.number() })).nullish() }),
)

/** A place is put on its road where it is: by itself Valhalla moves what is within 5 m of a junction onto all its roads at once. */
const onRoad = (at: LatLon) => ({ ...at, node_snap_tolerance: 0 })

/** Valhalla on one extract, asked as its users ask it: places as latitude and longitude, profile `auto`. */
export type Valhalla = {
  readonly version: string
  /** Seconds from each place to `to`, null where there is no way: its matrix, many to one. */
  times(from: readonly LatLon[], to: LatLon): Promise<(number | null)[]>
  /** The same by the matrix it takes when nobody chooses one for it: the one whose times are those of its routes. */
  timesByDefault(from: readonly LatLon[], to: LatLon): Promise<(number | null)[]>
  /** Its 5-minute contour around a place. */
  isochrone(from: LatLon): Promise<void>
  locate(at: LatLon): Promise<void>
  /** Metres to the road it puts a place on; undefined without one. */
  roadM(at: LatLon): Promise<number | undefined>
  /** The road it finds nearest there: its class as OSM names it, and the speed it takes for want of a tagged limit. */
  defaultSpeed(at: LatLon): Promise<{ readonly roadClass: string; readonly kph: number } | undefined>
}

/**
 * Cuts its tiles of an extract into `dir` and opens it. The matrix takes the algorithm that is fastest for many to one here
 * (`timedistancematrix`; its default takes ten times as long). Throws where the package cannot be had.
 */
export function openValhalla(extract: string, dir: string): Valhalla {
  const peer = npmPeer(PACKAGE, VERSION)
  const { Actor } = Module.parse(peer.module)
  const { home } = peer
  mkdirSync(dir, { recursive: true })
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, {
      // It leaves lists of what it found odd where it is run.
      cwd: dir,
      encoding: 'utf8',
      timeout: BUILD_WITHIN_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const tiles = ['--mjolnir-tile-dir', join(dir, 'tiles'), '--mjolnir-concurrency', '1']
  const made = run('python3', join(home, 'valhalla_build_config'), ...tiles)
  const config = JSON.parse(made) as { thor: object; mjolnir: object }
  config.mjolnir = { ...config.mjolnir, logging: { type: '' } }
  const asItComes = JSON.stringify(config)
  config.thor = { ...config.thor, source_to_target_algorithm: 'timedistancematrix' }
  const configFile = join(dir, 'config.json')
  writeFileSync(configFile, JSON.stringify(config))
  run(
    process.execPath,
    join(home, 'bin', 'valhalla-cli.js'),
    'build_tiles',
    '-c',
    configFile,
    resolve(extract),
  )
  const actor = new Actor(JSON.stringify(config))
  const actorAsItComes = new Actor(asItComes)
  const costing = 'auto'
  const timesOf = async (by: Actor, from: readonly LatLon[], to: LatLon): Promise<(number | null)[]> => {
    try {
      const answer = Matrix.parse(
        await by.matrix({ sources: from.map(onRoad), targets: [onRoad(to)], costing }),
      )
      return answer.sources_to_targets.map(row => row[0]?.time ?? null)
    } catch (error) {
      // Where nobody comes it answers with a fault and not with nulls.
      if (!String(error).includes('No path could be found')) throw error
      return from.map(() => null)
    }
  }
  const located = async (at: LatLon) =>
    Located.parse(await actor.locate({ locations: [at], costing, verbose: true }))
  return {
    version: `Valhalla ${peer.version} (npm)`,
    times: (from, to) => timesOf(actor, from, to),
    timesByDefault: (from, to) => timesOf(actorAsItComes, from, to),
    isochrone: async from =>
      void (await actor.isochrone({ locations: [from], costing, contours: [{ time: 5 }], polygons: true })),
    locate: async at => void (await actor.locate({ locations: [at], costing, verbose: false })),
    roadM: async at => {
      const [found] = await located(at)
      const all = (found?.edges ?? []).map(({ distance }) => distance)
      return all.length === 0 ? undefined : Math.min(...all)
    },
    defaultSpeed: async at => {
      const [found] = await located(at)
      const { speeds, classification: of } = found?.edges?.[0]?.edge ?? {}
      if (of === undefined || speeds?.type !== 'classified') return undefined
      return { roadClass: of.link ? `${of.classification}_link` : of.classification, kph: speeds.default }
    },
  }
}
