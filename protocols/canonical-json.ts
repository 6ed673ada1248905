/**
 * The one text of a value, RFC 8785: keys sorted by their UTF-16 units, no white space, numbers and strings as
 * ECMAScript writes them. `canonicalJson({ b: 1, a: [2] })` is `{"a":[2],"b":1}`. Absent and undefined are the same.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const rows = Object.entries(value).filter(([, inner]) => inner !== undefined)
  rows.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${rows.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
}
