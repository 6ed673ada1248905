import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import type { Mutant } from './list.ts'

/** Installed and never reached by a city of memory. */
const EXTERNAL = ['level', 'classic-level', 'serialport', '@serialport/bindings-cpp', 'mqtt', 'tsx', 'tsx/*']

/** The source with the mutant's one change; throws when what it changes is not there exactly once. */
export function mutated(source: string, { name, file, find, replace }: Mutant): string {
  const parts = source.split(find)
  if (parts.length !== 2)
    throw new Error(`mutant "${name}": ${file} has ${parts.length - 1} times ${JSON.stringify(find)}`)
  return parts.join(replace)
}

/**
 * The simulator's worker with all it is made of in one file, in which one place of the real source was changed. The file
 * lies in `node_modules`, where its packages are found.
 */
export async function buildMutant(
  mutant: Mutant | null,
): Promise<{ readonly file: string; drop(): Promise<void> }> {
  let met = mutant === null
  const change: Plugin = {
    name: 'mutant',
    setup(on) {
      if (mutant === null) return
      const path = join(process.cwd(), mutant.file)
      on.onLoad({ filter: /\.ts$/ }, async args => {
        if (args.path !== path) return undefined
        met = true
        return { contents: mutated(await readFile(path, 'utf8'), mutant), loader: 'ts' }
      })
    },
  }
  const made = await build({
    entryPoints: ['sim/ordeal/city-worker.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    external: EXTERNAL,
    plugins: [change],
    banner: {
      js: "import { createRequire as mutantRequire } from 'node:module'; const require = mutantRequire(import.meta.url);",
    },
  })
  if (!met) throw new Error(`mutant "${mutant?.name}": ${mutant?.file} is no part of the simulated city`)
  // Beside the packages it needs.
  const beside = createRequire(import.meta.url)
    .resolve('esbuild/package.json')
    .replace(/esbuild.package\.json$/, '')
  const file = join(beside, `.mutant-${process.pid}-${++built}.mjs`)
  await writeFile(file, made.outputFiles[0]!.text)
  return { file, drop: () => rm(file, { force: true }) }
}

let built = 0
