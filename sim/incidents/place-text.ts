import { distanceM } from '#protocols/geo/sphere.ts'
import type { Place } from '../city/places.ts'
import type { Spot, StreetMap } from '../traffic/street-map.ts'

const AT_A_CROSSING_M = 45
const AT_A_LANDMARK_M = 120
const SEEN_FROM_AFAR_M = 500

/**
 * What a caller would say and a crew would read, from the streets and landmarks around:
 *
 *   at a crossing          鼓楼大街与大成路交叉口附近
 *   by a landmark          静轩路图书馆附近
 *   along a street         静轩路，距春秋路口约120米
 *   in a nameless lane     阳光花园小区附近, else 永兴路附近
 */
export function placeText(map: StreetMap, landmarks: readonly Place[], spot: Spot): string {
  const { name } = map.network.edges[spot.edge]!
  const crossing = nearestCrossing(map, spot)
  if (crossing !== undefined && crossing.awayM <= AT_A_CROSSING_M && crossing.names.length >= 2) {
    return `${crossing.names[0]}与${crossing.names[1]}交叉口附近`
  }
  const landmark = nearestLandmark(map, landmarks, spot)
  if (landmark !== undefined && landmark.awayM <= AT_A_LANDMARK_M) return `${name}${landmark.name}附近`
  const other = crossing?.names.find(word => word !== name)
  if (name !== '' && other !== undefined && crossing !== undefined) {
    const road = /[路街]$/.test(other) ? `${other}口` : `${other}路口`
    return `${name}，距${road}约${Math.max(10, Math.round(crossing.awayM / 10) * 10)}米`
  }
  if (name !== '') return `${name}附近`
  if (landmark !== undefined && landmark.awayM <= SEEN_FROM_AFAR_M) return `${landmark.name}附近`
  return other === undefined ? '无名道路附近' : `${other}附近`
}

/** The nearer end of the spot's street: the names that meet there, the spot's own street first, and how far it is. */
function nearestCrossing(
  map: StreetMap,
  { edge, alongM }: Spot,
): { names: string[]; awayM: number } | undefined {
  const { from, to, name } = map.network.edges[edge]!
  const ends = [
    { node: from, awayM: alongM },
    { node: to, awayM: map.lengthM(edge) - alongM },
  ].map(({ node, awayM }) => ({ names: namesAt(map, node, name), awayM }))
  const crossings = ends.filter(end => end.names.some(word => word !== name))
  return crossings.sort((a, b) => a.awayM - b.awayM)[0]
}

function namesAt(map: StreetMap, node: number, first: string): string[] {
  const names = new Set(first === '' ? [] : [first])
  for (const edge of map.edgesAt(node)) names.add(map.network.edges[edge]!.name)
  names.delete('')
  return [...names]
}

function nearestLandmark(
  map: StreetMap,
  landmarks: readonly Place[],
  spot: Spot,
): { name: string; awayM: number } | undefined {
  const here = map.latLonOf(map.pointAt(spot))
  let best: { name: string; awayM: number } | undefined
  for (const landmark of landmarks) {
    const awayM = distanceM(here, landmark)
    if (awayM < (best?.awayM ?? Infinity)) best = { name: landmark.name, awayM }
  }
  return best
}
