/*
 * A plain reader of JSON Schema 2020-12, as far as our description of the API goes, to hold real answers against what is
 * written down. Stricter than the standard in one thing: a field nobody declared is a finding. A keyword it does not know
 * throws, so that nothing is passed over in silence.
 */
export type Schema = { readonly [keyword: string]: unknown }

const TELLS_NOTHING = new Set([
  'description',
  'title',
  'default',
  'example',
  'examples',
  'format',
  'deprecated',
])

/** What of `value` does not fit, one line each: `units.3.link: "sideways" is none of up, down`. */
export function misfits(
  schema: Schema,
  value: unknown,
  components: Readonly<Record<string, Schema>>,
): string[] {
  const found: string[] = []
  check(schema, value, '', { components, note: line => found.push(line) })
  return found
}

type Reading = {
  readonly components: Readonly<Record<string, Schema>>
  readonly note: (line: string) => void
}

function check(schema: Schema, value: unknown, at: string, reading: Reading): void {
  const say = (what: string): void => reading.note(`${at || 'the whole'}: ${shown(value)} ${what}`)
  for (const [keyword, rule] of Object.entries(schema))
    switch (keyword) {
      case '$ref': {
        const name = String(rule).replace('#/components/schemas/', '')
        const target = reading.components[name]
        if (target === undefined) throw new Error(`there is no schema ${String(rule)}`)
        check(target, value, at, reading)
        break
      }
      case 'type':
        if (![rule].flat().some(type => isType(String(type), value)))
          say(`is no ${[rule].flat().join(' or ')}`)
        break
      case 'enum':
        if (!(rule as unknown[]).includes(value)) say(`is none of ${(rule as unknown[]).join(', ')}`)
        break
      case 'const':
        if (value !== rule) say(`is not ${shown(rule)}`)
        break
      case 'anyOf':
      case 'oneOf': {
        const tries = (rule as Schema[]).map(option => misfitsAt(option, value, at, reading))
        if (!tries.some(lines => lines.length === 0)) {
          const nearest = tries.toSorted((a, b) => a.length - b.length)[0]!
          say(`fits none of ${tries.length}: ${nearest.slice(0, 3).join('; ')}`)
        }
        break
      }
      case 'allOf':
        for (const part of rule as Schema[]) check(part, value, at, reading)
        break
      case 'properties':
        checkFields(schema, value, at, reading)
        break
      case 'required':
        for (const name of rule as string[])
          if (isObject(value) && !Object.hasOwn(value, name)) say(`lacks ${name}`)
        break
      case 'additionalProperties':
        if (isObject(value) && isObject(rule))
          for (const [name, one] of Object.entries(value))
            if (!Object.hasOwn(schema['properties'] ?? {}, name)) check(rule, one, `${at}.${name}`, reading)
        break
      case 'propertyNames':
        if (isObject(value))
          for (const name of Object.keys(value)) check(rule as Schema, name, `${at} name`, reading)
        break
      case 'items':
        if (Array.isArray(value) && isObject(rule)) {
          const from = ((schema['prefixItems'] ?? []) as unknown[]).length
          value.slice(from).forEach((one, i) => check(rule, one, `${at}.${from + i}`, reading))
        }
        if (
          Array.isArray(value) &&
          rule === false &&
          value.length > ((schema['prefixItems'] ?? []) as []).length
        )
          say('is too long')
        break
      case 'prefixItems':
        if (Array.isArray(value))
          (rule as Schema[]).forEach((one, i) => check(one, value[i], `${at}.${i}`, reading))
        break
      case 'minItems':
        if (Array.isArray(value) && value.length < Number(rule)) say(`has fewer than ${Number(rule)}`)
        break
      case 'maxItems':
        if (Array.isArray(value) && value.length > Number(rule)) say(`has more than ${Number(rule)}`)
        break
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(String(rule), 'u').test(value))
          say(`does not match ${String(rule)}`)
        break
      case 'minLength':
        if (typeof value === 'string' && value.length < Number(rule)) say(`is shorter than ${Number(rule)}`)
        break
      case 'maxLength':
        if (typeof value === 'string' && value.length > Number(rule)) say(`is longer than ${Number(rule)}`)
        break
      case 'minimum':
        if (typeof value === 'number' && value < Number(rule)) say(`is below ${Number(rule)}`)
        break
      case 'maximum':
        if (typeof value === 'number' && value > Number(rule)) say(`is above ${Number(rule)}`)
        break
      case 'exclusiveMinimum':
        if (typeof value === 'number' && value <= Number(rule)) say(`is not above ${Number(rule)}`)
        break
      default:
        if (!TELLS_NOTHING.has(keyword)) throw new Error(`${at}: the keyword ${keyword} is not read here`)
    }
  if (schema['format'] === 'date-time' && typeof value === 'string' && !RFC3339.test(value)) say('is no time')
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function misfitsAt(schema: Schema, value: unknown, at: string, reading: Reading): string[] {
  const lines: string[] = []
  check(schema, value, at, { ...reading, note: line => lines.push(line) })
  return lines
}

/** Declared fields by their own schema; others only where the schema leaves room for them on purpose. */
function checkFields(schema: Schema, value: unknown, at: string, reading: Reading): void {
  if (!isObject(value)) return
  const fields = schema['properties'] as Readonly<Record<string, Schema>>
  for (const [name, one] of Object.entries(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field !== undefined) check(field, one, at === '' ? name : `${at}.${name}`, reading)
    else if (!isObject(schema['additionalProperties']))
      reading.note(`${at || 'the whole'}: ${name} is not declared`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80)
