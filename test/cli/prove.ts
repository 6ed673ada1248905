import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { proveFleet } from './prove-fleet.ts'
import { proveMembership } from './prove-membership.ts'
import { provePanel } from './prove-panel.ts'

/** A long proof: its evidence, and whether it holds. */
export type Proof = { readonly holds: boolean; readonly evidence: Readonly<Record<string, unknown>> }
type Prover = {
  readonly does: string
  readonly run: (say: (words: string) => void) => Proof | Promise<Proof>
}

const PROOFS: Readonly<Record<string, Prover>> = {
  membership: {
    does: 'grid of a place = brute force, 1,000,000 points over 51 and over 2,000 grids',
    run: proveMembership,
  },
  panel: {
    does: 'no wrong input state in 1,000,000 polls of a module that goes wrong in every way; about a minute',
    run: provePanel,
  },
  fleet: {
    does: 'npm start --units 255 shows every unit once a second; what it costs; build first',
    run: proveFleet,
  },
}

const usage = (): string =>
  [
    'usage: reach5 prove NAME',
    '',
    ...Object.entries(PROOFS).map(([name, { does }]) => `  ${name.padEnd(12)}${does}`),
    '',
    'writes docs/evidence/NAME.json; exit 0 it holds, 1 it does not, 2 wrong use',
  ].join('\n')

/** `reach5 prove NAME`: a proof too long for every change, written down where it was made and of what. */
export async function prove(args: readonly string[]): Promise<number> {
  const [name = ''] = args
  if (name === '--help') {
    console.log(usage())
    return 0
  }
  const prover = Object.hasOwn(PROOFS, name) ? PROOFS[name] : undefined
  if (prover === undefined || args.length > 1) {
    console.error(`reach5 prove: say one of ${Object.keys(PROOFS).join(', ')} (reach5 prove --help)`)
    return 2
  }
  const startedMs = performance.now()
  const { holds, evidence } = await prover.run(words => console.error(words))
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  const whole = { proof: name, holds, at: new Date().toISOString(), ...provenance(), seconds, ...evidence }
  mkdirSync(join('docs', 'evidence'), { recursive: true })
  writeFileSync(join('docs', 'evidence', `${name}.json`), `${JSON.stringify(whole, null, 2)}\n`)
  console.log(JSON.stringify(whole))
  return holds ? 0 : 1
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
      node: process.version,
    },
  }
}
