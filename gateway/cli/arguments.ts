import { nearestWord } from '#protocols/cli/nearest-word.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** What a verb takes: options with a value, switches without one, and words in order. */
export type ArgumentSpec = {
  readonly options: readonly string[]
  readonly switches: readonly string[]
  readonly words: { readonly min: number; readonly max: number }
}

export type Arguments = {
  readonly words: readonly string[]
  readonly options: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
}

/**
 * Splits a command line by its spec. An option takes the next argument whatever it begins with, because longitudes west
 * of Greenwich begin with a dash; `--name=value` works too. The fault USAGE carries one line for a person.
 */
export function parseArguments(args: readonly string[], spec: ArgumentSpec): Result<Arguments> {
  const words: string[] = []
  const options = new Map<string, string>()
  const switches = new Set<string>()
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    const [, name = '', inline] = /^(--?[a-z][a-z-]*)(?:=(.*))?$/s.exec(arg) ?? []
    if (name === '') words.push(arg)
    else if (name === '--help' || name === '-h') switches.add('--help')
    else if (spec.switches.includes(name) && inline === undefined) switches.add(name)
    else if (spec.options.includes(name)) {
      const value = inline ?? args[++i]
      if (value === undefined || value === '') return fault('USAGE', `${name} needs a value`)
      if (options.has(name)) return fault('USAGE', `${name} is given twice`)
      options.set(name, value)
    } else return fault('USAGE', noSuchOption(name, [...spec.options, ...spec.switches]))
  }
  if (switches.has('--help')) return ok({ words, options, switches })
  if (words.length < spec.words.min) return fault('USAGE', 'a file name is missing')
  if (words.length > spec.words.max)
    return fault('USAGE', `${JSON.stringify(words[spec.words.max])} is one word too many`)
  return ok({ words, options, switches })
}

function noSuchOption(name: string, known: readonly string[]): string {
  const meant = nearestWord(name, known)
  return `there is no option ${name}${meant === undefined ? '' : `, did you mean ${meant}?`}`
}

/** `116.99,35.59`: longitude first, as on the command line everywhere. */
export function parseLonLat(text: string): Result<{ readonly lat: number; readonly lon: number }> {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text)
  const [lon, lat] = [Number(match?.[1]), Number(match?.[2])]
  if (Math.abs(lon) <= 180 && Math.abs(lat) <= 90) return ok({ lat, lon })
  return fault('USAGE', `${JSON.stringify(text)} is no LON,LAT such as 116.99,35.59`)
}

/** A number with bounds; `name` is the option it was given for. */
export function parseNumber(name: string, text: string, min: number, max: number): Result<number> {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return ok(value)
  return fault('USAGE', `${name} ${JSON.stringify(text)} is no number from ${min} to ${max}`)
}
