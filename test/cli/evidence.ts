import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { stolenMs } from '#sim/demo/process-load.ts'

/** What was found, and whether it is what was promised. */
export type Finding = { readonly holds: boolean; readonly evidence: Readonly<Record<string, unknown>> }

export type Inquiry = {
  readonly does: string
  /** It starts the processes that ship. */
  readonly needsBuild?: true
  /** The code the finding speaks of, files and folders: when it changes, the finding is out of date. */
  readonly covers: readonly string[]
  readonly run: (say: (words: string) => void) => Finding | Promise<Finding>
}

const BUILT = join('dist', 'gateway.js')
export const EVIDENCE_DIR = join('docs', 'evidence')

/** The file of an inquiry below the root: a proof has its plain name, a measurement says that it is one. */
export const evidencePath = (verb: 'prove' | 'bench', name: string): string =>
  join(EVIDENCE_DIR, `${verb === 'bench' ? 'bench-' : ''}${name}.json`)

/** `reach5 VERB NAME`: makes the inquiry and writes it down with where it was made, and of what. */
export async function inquire(
  verb: 'prove' | 'bench',
  inquiries: Readonly<Record<string, Inquiry>>,
  args: readonly string[],
): Promise<number> {
  const [name = ''] = args
  if (name === '--help') {
    console.log(usage(verb, inquiries))
    return 0
  }
  const inquiry = Object.hasOwn(inquiries, name) ? inquiries[name] : undefined
  if (inquiry === undefined || args.length > 1) {
    console.error(`reach5 ${verb}: say one of ${Object.keys(inquiries).join(', ')} (reach5 ${verb} --help)`)
    return 2
  }
  if (inquiry.needsBuild && !existsSync(BUILT)) {
    console.error(
      `reach5 ${verb} ${name}: it starts what ships, and ${BUILT} is not there: npm run -s build first`,
    )
    return 2
  }
  const made = { ...provenance(), code: codeOf(inquiry.covers) }
  const [startedMs, stolenBefore] = [performance.now(), stolenMs()]
  const { holds, evidence } = await inquiry.run(words => console.error(words))
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  const whole = {
    [verb]: name,
    holds,
    at: new Date().toISOString(),
    ...made,
    seconds,
    // What the host took away meanwhile: no bound in milliseconds is kept through that.
    stolenMsPerSecond: Math.round((10 * (stolenMs() - stolenBefore)) / seconds) / 10,
    ...evidence,
  }
  mkdirSync(EVIDENCE_DIR, { recursive: true })
  writeFileSync(evidencePath(verb, name), `${JSON.stringify(whole, null, 2)}\n`)
  console.log(JSON.stringify(whole))
  return holds ? 0 : 1
}

/** The sources a finding covers and one hash of them all, tests left out. */
export function codeOf(covers: readonly string[]): {
  readonly covers: readonly string[]
  readonly sha256: string
} {
  const files = covers.flatMap(path => (statSync(path).isDirectory() ? sourcesIn(path) : [path])).sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(file))
  return { covers, sha256: hash.digest('hex') }
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.tsx?$/.test(file) && !file.includes('.test.'))
    .map(file => join(folder, file))

const usage = (verb: string, inquiries: Readonly<Record<string, Inquiry>>): string =>
  [
    `usage: reach5 ${verb} NAME`,
    '',
    ...Object.entries(inquiries).map(
      ([name, { does, needsBuild }]) => `  ${name.padEnd(12)}${does}${needsBuild ? '; build first' : ''}`,
    ),
    '',
    `writes docs/evidence/${verb === 'bench' ? 'bench-' : ''}NAME.json; exit 0 it holds, 1 it does not, 2 wrong use`,
  ].join('\n')

const PAGE_BYTES = 4_096
const PAGES = 16_384

/**
 * Microseconds that a page costs which is touched for the first time, in the mean of 64 MB. Two processors of one name can be two
 * machines: where a page costs 12, whoever frees memory and takes it again answers late.
 */
function pageUs(): number {
  const memory = Buffer.allocUnsafeSlow(PAGES * PAGE_BYTES)
  const startedMs = performance.now()
  for (let at = 0; at < memory.length; at += PAGE_BYTES) memory[at] = 1
  return Math.round(((performance.now() - startedMs) * 10_000) / PAGES) / 10
}

/** Which code on which machine. */
function provenance() {
  const git = (...words: string[]): string => {
    try {
      return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {
      return ''
    }
  }
  const isClean = git('status', '--porcelain', '--untracked-files=no') === ''
  return {
    commit: `${git('rev-parse', '--short=12', 'HEAD')}${isClean ? '' : ' with changes'}`,
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 1e9),
      pageUs: pageUs(),
      node: process.version,
    },
  }
}
