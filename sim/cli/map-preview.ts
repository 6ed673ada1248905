import { writeFileSync } from 'node:fs'
import { simulatedCity } from '../city/city.ts'
import { svgOf } from '../city/preview.ts'

/** `node --import tsx sim/cli/map-preview.ts SEED FILE.svg [HALF_M] [JUNCTIONS]`: the invented city, to look at. */
const [seed = '1', file = 'city.svg', halfM = '3400', junctions = '2000'] = process.argv.slice(2)
const city = simulatedCity({ seed: Number(seed), junctions: Number(junctions) })
writeFileSync(file, svgOf(city, Number(halfM)))
process.stderr.write(
  `${city.network.nodes.length} junctions, ${city.network.edges.length} stretches -> ${file}\n`,
)
