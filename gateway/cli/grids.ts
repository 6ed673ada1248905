import { exitCodeOf } from '#protocols/cli/exit-code.ts'
import { fault } from '#protocols/result.ts'
import { polygonAreaM2 } from '#protocols/geo/polygon.ts'
import { partsOf } from '../grids/grid.ts'
import { examineGrids } from '../grids/prepare-grids.ts'
import { parseArguments } from './arguments.ts'
import { print, readBytes, readGraph, refuse, say } from './road-verb.ts'

const HELP = `reach5 grids: the duty grids

  reach5 grids check FILE.geojson [--crs WGS84|GCJ02|BD09|CGCS2000] [--roads FILE.graph]
      reads the grids, turns them to WGS-84 and looks for borders that cross themselves, overlaps, gaps, slivers, double
      ids, and, with roads, for another coordinate system that would fit them clearly better; findings as JSON on stdout

  The file is a GeoJSON FeatureCollection of Polygons and MultiPolygons with properties id and name, and the coordinate
  system as a member: {"type": "FeatureCollection", "crs": "GCJ02", "features": [...]}. CGCS2000 is taken as WGS-84, from
  which it differs by decimetres.

exit 0 nothing found, 1 usable with warnings, 2 refused or wrong use`

/** `reach5 grids check`. */
export async function grids(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, {
    options: ['--crs', '--roads'],
    switches: [],
    words: { min: 2, max: 2 },
  })
  if (parsed.ok && parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const [verb = '', file = ''] = parsed.ok ? parsed.value.words : args
  if (verb !== 'check') return refuse('grids', fault('USAGE', 'say check first'))
  if (!parsed.ok) return refuse('grids', parsed)
  const { options } = parsed.value
  const text = await readBytes(file)
  if (!text.ok) return refuse('grids', text)
  const roads = options.get('--roads')
  const graph = roads === undefined ? undefined : await readGraph(roads)
  if (graph?.ok === false) return refuse('grids', graph)
  const examined = examineGrids(text.value.toString('utf8'), options.get('--crs'), graph?.value)
  if (!examined.ok) {
    say(`reach5 grids: ${examined.code} ${file}: ${examined.detail}`)
    return exitCodeOf(examined.code)
  }
  const { crs, grids: found, findings, fit } = examined.value
  const areaKm2 = found.flatMap(partsOf).reduce((sum, part) => sum + polygonAreaM2(part), 0) / 1e6
  print(
    JSON.stringify({
      file,
      crs,
      grids: found.length,
      areaKm2: Math.round(areaKm2 * 100) / 100,
      findings,
      fit,
    }),
  )
  for (const { isRefusal, words } of findings) say(`${isRefusal ? 'refused' : 'warning'}: ${words}`)
  say(
    `${file}: ${found.length} grids in ${crs}, ${findings.length === 0 ? 'nothing found' : `${findings.length} findings`}`,
  )
  if (findings.some(finding => finding.isRefusal)) return 2
  return findings.length > 0 ? 1 : 0
}
