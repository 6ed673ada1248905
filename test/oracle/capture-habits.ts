/** What can be read off a capture by eye: how its receiver talks. Shares nothing with the scanner or the parser. */
export type Habits = {
  /** The commonest cycle that tells satellites in view, neighbours of one kind told once. */
  readonly order: readonly string[]
  readonly talker: string
  readonly gsvTalkers: readonly string[]
  readonly systemIds: boolean
  readonly signalIds: boolean
  readonly minuteDecimals: number
  readonly timeDecimals: number
  readonly rateHz: number
}

const KNOWN = new Set(['RMC', 'GGA', 'GNS', 'GLL', 'GSA', 'GSV', 'VTG', 'ZDA', 'GST', 'DTM'])

/** Reads a capture as Latin-1 text; `first` is the sentence its cycles begin with. */
export function habitsOf(bytes: Uint8Array, first: string): Habits {
  const text = Buffer.from(bytes).toString('latin1')
  const sentences = [...text.matchAll(/\$([A-Z]{2})([A-Z]{3}),([^\r\n*]*)\*[0-9A-Fa-f]{2}/g)]
    .map(([, talker, name, rest]) => ({ talker: talker!, name: name!, fields: rest!.split(',') }))
    .filter(s => KNOWN.has(s.name) && ['GP', 'GN', 'GL', 'GA', 'GB', 'BD'].includes(s.talker))
  const rmc = sentences.filter(s => s.name === 'RMC' && s.fields[2] !== '')
  const times = rmc.map(s => secondsOf(s.fields[0]!))
  return {
    order: commonest(
      cycles(
        sentences.map(s => s.name),
        first,
      ).filter(c => c.includes('GSV') || !sentences.some(s => s.name === 'GSV')),
    ),
    talker: commonest(rmc.map(s => s.talker)),
    gsvTalkers: [...new Set(sentences.filter(s => s.name === 'GSV').map(s => s.talker))].sort(),
    systemIds: sentences.some(s => s.name === 'GSA' && s.fields.length === 18),
    signalIds: sentences.some(s => s.name === 'GSV' && (s.fields.length - 3) % 4 === 1),
    minuteDecimals: commonest(rmc.map(s => decimalsOf(s.fields[2]!))),
    timeDecimals: commonest(rmc.map(s => decimalsOf(s.fields[0]!))),
    rateHz: Math.round(1 / commonest(times.slice(1).map((t, i) => Math.round((t - times[i]!) * 100) / 100))),
  }
}

function cycles(names: readonly string[], first: string): string[][] {
  const found: string[][] = []
  for (const name of names) {
    if (name === first && found.at(-1)?.at(-1) !== first) found.push([])
    const open = found.at(-1)
    if (open !== undefined && open.at(-1) !== name) open.push(name)
  }
  return found.slice(0, -1)
}

function commonest<T>(items: readonly T[]): T {
  const counts = new Map<string, { item: T; n: number }>()
  for (const item of items) {
    const key = JSON.stringify(item)
    counts.set(key, { item, n: (counts.get(key)?.n ?? 0) + 1 })
  }
  const best = [...counts.values()].sort((a, b) => b.n - a.n)[0]
  if (best === undefined) throw new Error('nothing to count')
  return best.item
}

const decimalsOf = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') - 1 : 0)
const secondsOf = (hhmmss: string): number =>
  Number(hhmmss.slice(0, 2)) * 3600 + Number(hhmmss.slice(2, 4)) * 60 + Number(hhmmss.slice(4))
