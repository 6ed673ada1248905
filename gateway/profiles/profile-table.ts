import type { Profiles } from './profile.ts'

/** One number and where it comes from. */
export type ProfileRow = {
  readonly profile: string
  readonly what: string
  readonly value: string
  readonly source: string
}

/** Every number of every profile, one row each, for people who have to answer for them. */
export function profileRows({ byName, uses, turnout }: Profiles): ProfileRow[] {
  const rows = [...byName].flatMap(([profile, { name: _, ...parts }]) =>
    rowsOf('', parts).map(row => ({ profile, ...row })),
  )
  const common = [
    ...rowsOf('turnout', turnout),
    ...Object.entries(uses).map(([use, value]) => ({ what: `uses.${use}`, value, source: 'configuration' })),
  ]
  return [...rows, ...common.map(row => ({ profile: '', ...row }))]
}

/** A part with a source of its own ends the way down; its other members are what the source speaks for. */
function rowsOf(at: string, part: unknown): Omit<ProfileRow, 'profile'>[] {
  if (!isRecord(part)) return [{ what: at, value: textOf(part), source: '' }]
  const { source, ...members } = part
  if (typeof source === 'string') return leavesOf(at, members).map(leaf => ({ ...leaf, source }))
  return Object.entries(part).flatMap(([key, value]) => rowsOf(at === '' ? key : `${at}.${key}`, value))
}

function leavesOf(at: string, part: unknown): { what: string; value: string }[] {
  if (!isRecord(part) || Array.isArray(part)) return [{ what: at, value: textOf(part) }]
  return Object.entries(part).flatMap(([key, value]) =>
    leavesOf(key === 'value' || at === '' ? at : `${at}.${key}`, value),
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
