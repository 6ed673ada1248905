import type { Random } from '../random.ts'

/** A county, a county-level city or the city proper: its town, how many grids it is parted into. */
export type County = {
  readonly id: string
  readonly name: string
  /** What its grids and places are called after: 邹阳 of 邹阳市. The city proper needs no word. */
  readonly short: string
  readonly grids: number
  /** Share of the region's junctions that its town has; the countryside has what is left. */
  readonly share: number
}

/** 51 grids: two counties of four and one of seven as in the reform text, the city proper, five smaller counties. */
export const CITY_PROPER: County = { id: 'city', name: '市区', short: '', grids: 21, share: 0.365 }

/** Invented names in the manner of the region. */
const NAMES = '邹阳市 嘉泽县 麟河县 汶泉县 泗川县 梁丰县 鱼梁县 微澜县'.split(' ')
const SIZES = [
  { grids: 7, share: 0.105 },
  { grids: 4, share: 0.06 },
  { grids: 4, share: 0.06 },
  ...Array.from({ length: 5 }, () => ({ grids: 3, share: 0.044 })),
]

/** The eight counties around the city proper, in another order for every seed. */
export function countiesAround(random: Random): County[] {
  return random.shuffle(
    NAMES.map((name, k) => ({
      id: `county-${k + 1}`,
      name,
      short: name.slice(0, -1),
      ...SIZES[k]!,
    })),
  )
}
