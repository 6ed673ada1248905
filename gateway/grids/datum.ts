/**
 * Coordinate systems grids come in. GCJ-02 (Chinese base maps) and BD-09 (Baidu) are shifted by 100 to 700 m and 1 to 1.5 km;
 * CGCS2000 and WGS-84 differ by centimetres to decimetres (plate motion since 2000), so it is taken as WGS-84.
 */
export const CRS_NAMES = ['WGS84', 'GCJ02', 'BD09', 'CGCS2000'] as const
export type Crs = (typeof CRS_NAMES)[number]

/** Names of the same systems in files from elsewhere, without case and punctuation. */
const ALIASES: Readonly<Record<string, Crs>> = {
  WGS84: 'WGS84',
  EPSG4326: 'WGS84',
  CRS84: 'WGS84',
  GCJ02: 'GCJ02',
  BD09: 'BD09',
  BD09LL: 'BD09',
  CGCS2000: 'CGCS2000',
  EPSG4490: 'CGCS2000',
}

/** `wgs-84`, `EPSG:4490` or `urn:ogc:def:crs:OGC:1.3:CRS84`; undefined for what we do not know. */
export function parseCrs(text: string): Crs | undefined {
  const last = /^urn:/i.test(text) ? text.replace(/^.*crs:([^:]+):[^:]*:/i, '$1') : text
  const plain = last
    .toUpperCase()
    .replace(/^OGC/, '')
    .replaceAll(/[^A-Z0-9]/g, '')
  return Object.hasOwn(ALIASES, plain) ? ALIASES[plain] : undefined
}
