import { deflateSync } from 'node:zlib'

/**
 * Writes small .osm.pbf files for tests, straight from the format's description (wiki: PBF Format): a stream of
 *
 *   length of BlobHeader u32 BE | BlobHeader { type, datasize } | Blob { raw_size, zlib_data }
 *
 * with one OSMHeader and then one OSMData block of plain nodes, ways and relations. Node ids and references are deltas.
 */
export type DrawnNode = {
  readonly id: number
  readonly lat: number
  readonly lon: number
  readonly tags?: Tags
}
export type DrawnWay = { readonly id: number; readonly refs: readonly number[]; readonly tags: Tags }
export type DrawnRestriction = {
  readonly id: number
  readonly from: number
  readonly via: number
  readonly to: number
}
export type DrawnRelation = {
  readonly id: number
  readonly tags: Tags
  readonly members: readonly { readonly type: 'node' | 'way'; readonly ref: number; readonly role: string }[]
}
type Tags = Readonly<Record<string, string>>
type Bytes = readonly number[]

export function osmPbf(
  nodes: readonly DrawnNode[],
  ways: readonly DrawnWay[],
  restrictions: readonly (DrawnRestriction | DrawnRelation)[] = [],
  feature = 'OsmSchema-V0.6',
): Uint8Array {
  const header = field(4, text(feature))
  const data = osmData(nodes, ways, restrictions)
  return Uint8Array.from([...blob('OSMHeader', header), ...blob('OSMData', data)])
}

/** What stands inside the OSMData block, before it is packed: where a test can damage it. */
export function osmData(
  nodes: readonly DrawnNode[],
  ways: readonly DrawnWay[],
  restrictions: readonly (DrawnRestriction | DrawnRelation)[] = [],
): Bytes {
  const strings = new Strings()
  const groups = [
    nodes.flatMap(node => field(1, nodeBytes(node, strings))),
    ways.flatMap(way => field(3, wayBytes(way, strings))),
    restrictions.flatMap(restriction => field(4, relationBytes(relationOf(restriction), strings))),
  ]
  const body = groups.filter(group => group.length > 0).flatMap(group => field(2, group))
  return [...field(1, strings.bytes()), ...body]
}

class Strings {
  private readonly index = new Map<string, number>([['', 0]])
  of(word: string): number {
    const known = this.index.get(word) ?? this.index.size
    this.index.set(word, known)
    return known
  }
  bytes(): Bytes {
    return [...this.index.keys()].flatMap(word => field(1, text(word)))
  }
}

function nodeBytes({ id, lat, lon, tags = {} }: DrawnNode, strings: Strings): Bytes {
  return [
    ...varintField(1, zigzag(id)),
    ...tagBytes(tags, strings),
    ...varintField(8, zigzag(Math.round(lat * 1e7))),
    ...varintField(9, zigzag(Math.round(lon * 1e7))),
  ]
}

function wayBytes({ id, refs, tags }: DrawnWay, strings: Strings): Bytes {
  const deltas = refs.map((ref, i) => ref - (refs[i - 1] ?? 0))
  return [
    ...varintField(1, id),
    ...tagBytes(tags, strings),
    ...field(
      8,
      deltas.flatMap(d => varint(zigzag(d))),
    ),
  ]
}

function relationOf(drawn: DrawnRestriction | DrawnRelation): DrawnRelation {
  if ('members' in drawn) return drawn
  const { id, from, via, to } = drawn
  return {
    id,
    tags: { type: 'restriction', restriction: 'no_left_turn' },
    members: [
      { type: 'way', ref: from, role: 'from' },
      { type: 'node', ref: via, role: 'via' },
      { type: 'way', ref: to, role: 'to' },
    ],
  }
}

function relationBytes({ id, tags, members }: DrawnRelation, strings: Strings): Bytes {
  const deltas = members.map(({ ref }, i) => ref - (members[i - 1]?.ref ?? 0))
  return [
    ...varintField(1, id),
    ...tagBytes(tags, strings),
    ...field(
      8,
      members.flatMap(({ role }) => varint(strings.of(role))),
    ),
    ...field(
      9,
      deltas.flatMap(d => varint(zigzag(d))),
    ),
    ...field(
      10,
      members.map(({ type }) => (type === 'way' ? 1 : 0)),
    ),
  ]
}

function tagBytes(tags: Tags, strings: Strings): Bytes {
  const keys = Object.keys(tags).flatMap(key => varint(strings.of(key)))
  const values = Object.values(tags).flatMap(value => varint(strings.of(value)))
  return [...field(2, keys), ...field(3, values)]
}

/** The wire form of a block of this type around its content. */
export function blob(type: string, content: Bytes): Bytes {
  const data = [...varintField(2, content.length), ...field(3, [...deflateSync(Uint8Array.from(content))])]
  const head = [...field(1, text(type)), ...varintField(3, data.length)]
  return [0, 0, head.length >> 8, head.length & 255, ...head, ...data]
}

const text = (word: string): Bytes => [...new TextEncoder().encode(word)]
const field = (number: number, bytes: Bytes): Bytes => [
  ...varint(number * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
]
const varintField = (number: number, value: number): Bytes => [...varint(number * 8), ...varint(value)]
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)

function varint(value: number): Bytes {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return [...bytes, left]
}
