import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '#protocols/errors.ts'

const ROOMS = ['protocols', 'hardware', 'agent', 'gateway', 'sim', 'test'] as const
type Room = (typeof ROOMS)[number]

/** Which room may look into which (docs: each room's README). */
const LOOKS_INTO: Readonly<Record<Room, readonly Room[]>> = {
  protocols: [],
  hardware: ['protocols'],
  agent: ['hardware', 'protocols'],
  gateway: ['protocols'],
  sim: ['protocols', 'hardware', 'agent', 'gateway'],
  test: ['protocols', 'hardware', 'agent', 'gateway', 'sim'],
}

/** Words everybody may use without a door. */
const FREE_PACKAGES = new Set(['zod'])
/** Pure by agreement: hashing, signatures, deflate and reading flags. */
const PURE_BUILTINS = new Set(['node:crypto', 'node:zlib', 'node:util'])

/** Where time, randomness and the world may be touched without being a door of a package. */
const AT_THE_EDGE = [
  /(^|\/)main\.ts$/,
  /(^|\/)compose\.ts$/,
  /\/cli\//,
  /(^|\/)(system|real)-clock\.ts$/,
  /^sim\/demo\//,
  /\/web\//,
]

/** Doors that touch the world through Node itself; each is named after what it touches. */
const WORLD_DOORS = [
  'agent/bodycam/http-camera-line.ts',
  'agent/bodycam/log-file.ts',
  'agent/bodycam/tcp-camera-line.ts',
  'agent/bodycam/udp-camera-line.ts',
  'agent/outbox/high-water-file.ts',
  'agent/outbox/level-outbox.ts',
  'agent/outbox/quick-boot.ts',
  'agent/outbox/store-dir.ts',
  'agent/fittings-file.ts',
  'agent/power/last-end-file.ts',
  'hardware/supply/volt-file.ts',
  'agent/provisioning/enrol.ts',
  'agent/provisioning/device-key.ts',
  'agent/provisioning/load-identity.ts',
  'agent/station/places-file.ts',
  'agent/provisioning/replace-file.ts',
  'agent/selftest/computer-health.ts',
  'agent/selftest/report-files.ts',
  'gateway/backup/backup.ts',
  'gateway/backup/live-copy.ts',
  'gateway/broker/aedes-broker.ts',
  'gateway/broker/deaf-emitter.ts', // yields to the sockets, knows no time
  'gateway/broker/length-guard.ts',
  'gateway/coverage/coverage-thread.ts', // starts the worker
  'gateway/coverage/coverage-worker.ts',
  'gateway/broker/open-broker.ts', // reads the CA of a broker that is not ours
  'gateway/enrolment/desk.ts',
  'gateway/enrolment/https-listener.ts',
  'gateway/identity/device-copy-file.ts',
  'gateway/identity/order-key.ts',
  'gateway/identity/seal-key.ts',
  'gateway/identity/revocation-file.ts',
  'gateway/identity/secret-file.ts',
  'gateway/land-files.ts',
  'gateway/ledger/first-minute.ts',
  'gateway/ledger/level-ledger.ts',
  'gateway/ledger/store-files.ts',
  'gateway/niceness.ts',
  'gateway/metrics/process-health.ts',
  'gateway/loop/loop.ts', // yields to the sockets, knows no time
  'gateway/profiles/profiles-file.ts',
  'gateway/roads/osm-pbf-file.ts',
  'gateway/tiles/tiles-file.ts',
  'hardware/discovery/serial-names.ts',
  'hardware/discovery/usb-names.ts',
  'hardware/gnss/gpsd-socket.ts',
  'hardware/tool-process.ts', // gpiod and can-utils as child processes
  'sim/camera/camera-server.ts',
  'sim/line/pseudo-terminal.ts',
  'sim/line/pseudo-terminal-host.ts', // a program as text
  'sim/link/tcp-proxy.ts',
  'sim/ordeal/city-threads.ts', // starts threads
  'sim/ordeal/city-worker.ts',
  'sim/ordeal/turns.ts', // lets promises have their turn, knows no time
]

/** The cores: decisions that must be replayable, so nothing they reach may know a clock, a die or a file. */
const CORES = [
  'agent/vehicle/core.ts',
  'agent/uplink/delivery.ts',
  'agent/station/core.ts',
  'agent/bodycam/trigger.ts',
  'agent/bodycam/camera-core.ts',
  'gateway/city.ts',
  'gateway/intake/intake.ts',
  'gateway/coverage/coverage-book.ts',
  'gateway/coverage/coverage-engine.ts',
  'gateway/dispatch/recommend.ts',
  'gateway/reach/nearest.ts',
  'gateway/grids/membership.ts',
  'agent/selftest/walk.ts',
  'hardware/gpio/gpio-lines.ts',
  'hardware/inputs/rules.ts',
  'hardware/obd/obd-inputs.ts',
  'hardware/panel/bus.ts',
  'hardware/line/line-keeper.ts',
  'hardware/panel/panel.ts',
  'protocols/nmea/epoch.ts',
  'protocols/nmea/scanner.ts',
  'sim/traffic/mover.ts',
]

const IMPURE = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /\bset(Timeout|Interval|Immediate)\(/,
  /\bperformance\.now\(/,
  /\brandom(Bytes|UUID|Int)\(/,
  /\bprocess\.hrtime/,
]

type Sources = ReadonlyMap<string, string>

function sourcesOfProject(): Sources {
  const files = ROOMS.flatMap(room =>
    readdirSync(room, { recursive: true, encoding: 'utf8' }).map(name => join(room, name)),
  )
  const code = files.filter(f => /\.tsx?$/.test(f) && !f.includes('node_modules'))
  return new Map(code.map(file => [file, readFileSync(file, 'utf8')]))
}

const importsOf = (text: string): string[] =>
  [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map(m => (m[1] ?? m[2] ?? m[3])!)

const roomOf = (file: string): Room => file.split('/')[0] as Room
const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || roomOf(file) === 'test'
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

function target(file: string, name: string): string | undefined {
  if (name.startsWith('#')) return name.slice(1)
  if (name.startsWith('.')) return normalize(join(dirname(file), name))
  return undefined
}

function roomViolations(sources: Sources): string[] {
  const found: string[] = []
  for (const [file, text] of sources) {
    if (isTest(file)) continue
    for (const name of importsOf(text)) {
      const to = target(file, name)
      if (to === undefined || roomOf(to) === roomOf(file)) {
        if (name.startsWith('#') && to && roomOf(to) === roomOf(file)) {
          found.push(`${file} imports its own room as ${name}: use a relative path inside a room`)
        }
        continue
      }
      if (!name.startsWith('#')) found.push(`${file} leaves its room by ${name}: write it as #room/…`)
      else if (!LOOKS_INTO[roomOf(file)].includes(roomOf(to))) {
        found.push(
          `${file} looks into ${roomOf(to)}; ${roomOf(file)} may only look into ${LOOKS_INTO[roomOf(file)].join(', ')}`,
        )
      }
    }
  }
  return found
}

function doorViolations(sources: Sources): string[] {
  const doors = new Map<string, string[]>()
  for (const [file, text] of sources) {
    if (isTest(file) || file.includes('/web/')) continue
    for (const name of new Set(importsOf(text))) {
      if (/^(#|\.|node:)/.test(name) || FREE_PACKAGES.has(packageOf(name))) continue
      const key = `${roomOf(file)}: ${packageOf(name)}`
      doors.set(key, [...(doors.get(key) ?? []), file])
    }
  }
  return [...doors]
    .filter(([, files]) => new Set(files).size > 1)
    .map(
      ([key, files]) =>
        `${key} has ${files.length} doors (${files.join(', ')}): one file per package and room, others use the interface beside it`,
    )
}

const isEdge = (file: string): boolean =>
  WORLD_DOORS.includes(file) || AT_THE_EDGE.some(edge => edge.test(file))

function purityViolations(sources: Sources): string[] {
  const found: string[] = []
  for (const [file, text] of sources) {
    if (isTest(file) || isEdge(file)) continue
    const isDoor = importsOf(text).some(n => !/^(#|\.|node:)/.test(n) && !FREE_PACKAGES.has(packageOf(n)))
    if (isDoor) continue
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    for (const pattern of IMPURE) {
      if (pattern.test(code)) found.push(`${file} uses ${pattern.source}: time and randomness are handed in`)
    }
    for (const name of importsOf(text)) {
      if (name.startsWith('node:') && !PURE_BUILTINS.has(name)) {
        found.push(
          `${file} imports ${name}: touch the world in a door named after it (listed in test/tidy.test.ts)`,
        )
      }
    }
  }
  return found
}

/** Everything a core can reach by imports that survive type erasure. */
function coreViolations(sources: Sources, cores: readonly string[]): string[] {
  const found: string[] = []
  for (const core of cores) {
    const seen = new Set<string>()
    const queue = [core]
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      const text = sources.get(file)
      if (text === undefined) {
        found.push(`${core} is listed as a core (or imported by one) but ${file} does not exist`)
        continue
      }
      if (seen.has(file)) continue
      seen.add(file)
      const running = text.replaceAll(/(?:^|\n)\s*(?:import|export) type [^'"`;]*?from\s+'[^']+'/g, '')
      for (const name of importsOf(running)) {
        const to = target(file, name)
        if (to !== undefined) queue.push(to)
        else if (
          !PURE_BUILTINS.has(name) &&
          !FREE_PACKAGES.has(packageOf(name)) &&
          packageOf(name) !== 'nmea-simple'
        ) {
          found.push(`core ${core} reaches ${name} through ${file}`)
        }
      }
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      for (const pattern of IMPURE) {
        if (pattern.test(code)) found.push(`core ${core} reaches ${pattern.source} in ${file}`)
      }
    }
  }
  return found
}

/** The message is the whole list, so that a reader can mend it without running anything else. */
function clean(violations: readonly string[]): void {
  if (violations.length > 0) throw new Error(`\n${violations.join('\n')}`)
}

/** Codes handed to `fault` that no technician can look up. */
function codeViolations(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) =>
    isTest(file)
      ? []
      : [...text.matchAll(/\bfault\(\s*'([A-Z0-9_]+)'/g)]
          .map(match => match[1]!)
          .filter(code => !Object.hasOwn(ERROR_CODES, code))
          .map(code => `${file} gives ${code}, which protocols/errors.ts does not explain`),
  )
}

describe('the house', () => {
  const sources = sourcesOfProject()

  it('sees the files it judges', () => {
    const count = (room: Room): number =>
      [...sources.keys()].filter(f => roomOf(f) === room && !isTest(f)).length
    console.log(`tidy: ${sources.size} files; ${ROOMS.map(r => `${r} ${count(r)}`).join(', ')}`)
    for (const room of ROOMS.filter(r => r !== 'test')) expect(count(room), room).toBeGreaterThan(5)
  })

  it('lets each room look only where it may', () => clean(roomViolations(sources)))
  it('has one door per package and room', () => clean(doorViolations(sources)))
  it('keeps clock, randomness and the world at the edge', () => clean(purityViolations(sources)))
  it('keeps every core replayable', () => clean(coreViolations(sources, CORES)))

  it('explains every code it gives', () => clean(codeViolations(sources)))

  it('finds planted violations, so it can fail', () => {
    const planted: Sources = new Map([
      ['hardware/spy.ts', "import { x } from '#gateway/city.ts'\n"],
      ['gateway/one.ts', "import { Level } from 'level'\n"],
      ['gateway/two.ts', "import { Level } from 'level'\n"],
      ['protocols/now.ts', 'export const now = () => Date.now()\n'],
      ['agent/core.ts', "import { now } from '#protocols/now.ts'\n"],
      ['agent/code.ts', "export const f = () => fault('NO_SUCH_CODE', '')\n"],
      ['agent/file.ts', "import { readFileSync } from 'node:fs'\n"],
    ])
    expect(roomViolations(planted)).toHaveLength(1)
    expect(doorViolations(planted)).toHaveLength(1)
    expect(purityViolations(planted)).toHaveLength(2)
    expect(coreViolations(planted, ['agent/core.ts'])).toHaveLength(1)
    expect(codeViolations(planted)).toHaveLength(1)
  })
})
