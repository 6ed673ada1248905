import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import type { ImportReport } from '#gateway/roads/import-pbf.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import { cityOn, simulatedCity } from '../city/city.ts'
import type { City } from '../city/city.ts'
import { StreetMap } from '../traffic/street-map.ts'
import type { DemoFlags } from './flags.ts'

const GRIDS = 4

/** The place the demo lives on, and the files the gateway reads it from. */
export type World = {
  readonly city: City
  readonly map: StreetMap
  readonly grids: readonly Grid[]
  readonly files: { readonly roads: string; readonly grids: string; readonly city: string }
  /** Only of a real extract: what was kept and what was left out. */
  readonly report: ImportReport | null
}

/** Draws the simulated town, or reads a real extract, and writes it down for the gateway. */
export async function prepareWorld(
  flags: Pick<DemoFlags, 'seed' | 'junctions' | 'roads'>,
  dir: string,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<Result<World>> {
  const made = flags.roads === undefined ? drawn(flags) : await imported(flags.roads, flags.seed, onProgress)
  if (!made.ok) return made
  const { city, report } = made.value
  const packed = packGraph(city.network)
  const graph = openGraph(packed)
  if (!graph.ok) return graph
  const grids =
    city.grids.length > 0
      ? city.grids.map(g => ({ id: g.id, name: g.properties.name, polygon: g.geometry.coordinates }))
      : layGrids(graph.value, GRIDS)
  mkdirSync(dir, { recursive: true })
  const files = {
    roads: join(dir, 'roads.graph'),
    grids: join(dir, 'grids.geojson'),
    city: join(dir, 'city.geojson'),
  }
  writeFileSync(files.roads, packed)
  writeFileSync(files.grids, JSON.stringify(gridCollection(grids)))
  writeFileSync(files.city, JSON.stringify(surroundings(city)))
  return ok({ city, map: new StreetMap(city.network), grids, files, report })
}

type Made = { readonly city: City; readonly report: ImportReport | null }

const drawn = ({ seed, junctions }: Pick<DemoFlags, 'seed' | 'junctions'>): Result<Made> =>
  ok({ city: simulatedCity({ seed, junctions }), report: null })

async function imported(
  file: string,
  seed: number,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<Result<Made>> {
  const read = await importPbf(file, onProgress)
  if (!read.ok) return read
  return ok({ city: cityOn(read.value.network, seed), report: read.value.report })
}

const gridCollection = (grids: readonly Grid[]) => ({
  type: 'FeatureCollection',
  features: grids.map(grid => ({
    type: 'Feature',
    id: grid.id,
    properties: { id: grid.id, name: grid.name },
    geometry: { type: 'Polygon', coordinates: grid.polygon },
  })),
})

/** Waters, railways, parks, posts and named places, as the map draws them. */
const surroundings = (city: City) => ({
  type: 'FeatureCollection',
  features: [
    ...city.waters,
    ...city.railways,
    ...city.parks,
    ...[...city.posts, ...city.landmarks].map(place => ({
      type: 'Feature',
      properties: { kind: place.kind, id: place.id, name: place.name },
      geometry: { type: 'Point', coordinates: [place.lon, place.lat] },
    })),
  ],
})
