import type { Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import type { City } from './city.ts'
import { planeOf } from './paving.ts'

const LOOK: Partial<Record<RoadClass, readonly [colour: string, widthM: number]>> = {
  trunk: ['#e8975a', 26],
  primary: ['#f2b84b', 22],
  secondary: ['#f5dd7a', 17],
  tertiary: ['#ffffff', 13],
  living_street: ['#f4f0f7', 7],
  service: ['#e9e5dc', 5],
}
const GRID_COLOURS = ['#3d6fb4', '#c0504d', '#4f9d5d', '#8064a2', '#d08a2e']

/** The city as one SVG, for eyes: `side` pixels wide, cut to `halfM` metres around the centre. */
export function svgOf(city: City, halfM: number, side = 1600): string {
  const plane = planeOf(city.centre)
  const scale = side / (2 * halfM)
  const at = ([lon, lat]: Position): Metres => {
    const { x, y } = plane.toMetres({ lat, lon })
    return { x: (x + halfM) * scale, y: (halfM - y) * scale }
  }
  const path = (line: readonly Position[]): string =>
    line.map((p, k) => `${k === 0 ? 'M' : 'L'}${at(p).x.toFixed(1)} ${at(p).y.toFixed(1)}`).join('')
  const stroke = (line: readonly Position[], colour: string, widthM: number, more = ''): string =>
    `<path d="${path(line)}" fill="none" stroke="${colour}" stroke-width="${(widthM * scale).toFixed(2)}" ${more}/>`

  const order = Object.keys(LOOK).reverse()
  const edges = [...city.network.edges].sort(
    (a, b) => order.indexOf(a.roadClass) - order.indexOf(b.roadClass),
  )
  const roads = edges.map(edge =>
    stroke(edge.shape, ...(LOOK[edge.roadClass] ?? (['#ffffff', 9] as const)), ROUND),
  )
  const casing = edges.map(edge => stroke(edge.shape, '#b9b2a5', (LOOK[edge.roadClass]?.[1] ?? 9) + 5, ROUND))
  const oneWay = edges
    .filter(edge => edge.forward !== edge.backward)
    .map(edge => stroke(edge.shape, '#2b6cb0', 2.5, 'stroke-dasharray="4 3"'))
  const ground = [
    ...city.parks.map(park => `<path d="${path(park.geometry.coordinates[0]!)}Z" fill="#cfe3b8"/>`),
    ...city.waters.map(w => stroke(w.geometry.coordinates, '#9cc7e6', w.properties.widthM, ROUND)),
  ]
  const rail = city.railways.flatMap(r => [
    stroke(r.geometry.coordinates, '#555', 12),
    stroke(r.geometry.coordinates, '#fff', 7, 'stroke-dasharray="12 12"'),
  ])
  const grids = city.grids.map((grid, k) => {
    const colour = GRID_COLOURS[k % GRID_COLOURS.length]!
    return `<path d="${path(grid.geometry.coordinates[0]!)}Z" fill="${colour}" fill-opacity="0.03" stroke="${colour}" stroke-width="3" stroke-dasharray="10 6"/>`
  })
  const places = [...city.posts, ...city.landmarks].map(place => {
    const p = at([place.lon, place.lat])
    const colour = place.kind === 'landmark' ? '#444' : '#0b3d91'
    return `<circle cx="${p.x}" cy="${p.y}" r="4" fill="${colour}"/>${text(p.x + 6, p.y - 4, place.name, 12, colour)}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}" font-family="sans-serif">`,
    `<rect width="${side}" height="${side}" fill="#ece8df"/>`,
    ...ground,
    ...casing,
    ...roads,
    ...oneWay,
    ...rail,
    ...grids,
    ...streetNames(city, at, scale),
    ...places,
    '</svg>',
  ].join('\n')
}

const ROUND = 'stroke-linecap="round" stroke-linejoin="round"'

const text = (x: number, y: number, words: string, size: number, colour: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" fill="${colour}" stroke="#fff" stroke-width="3" paint-order="stroke">${words}</text>`

/** One label per street, on the middle of its longest stretch. */
function streetNames(city: City, at: (p: Position) => Metres, scale: number): string[] {
  const longest = new Map<string, { line: readonly Position[]; px: number; big: boolean }>()
  for (const { name, shape, roadClass } of city.network.edges) {
    const [a, b] = [at(shape[0]!), at(shape[shape.length - 1]!)]
    const px = Math.hypot(b.x - a.x, b.y - a.y)
    const big = ['trunk', 'primary', 'secondary'].includes(roadClass)
    if (name !== '' && px > (longest.get(name)?.px ?? 0)) longest.set(name, { line: shape, px, big })
  }
  const size = Math.max(8, Math.min(13, scale * 40))
  return [...longest].flatMap(([name, { line, px, big }]) => {
    if (!big && px < size * name.length * 0.9) return []
    const p = at(line[Math.floor(line.length / 2)]!)
    return [
      text(
        p.x - (size * name.length) / 2,
        p.y + size / 3,
        name,
        big ? size + 2 : size,
        big ? '#7a4a00' : '#666',
      ),
    ]
  })
}
