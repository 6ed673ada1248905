import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DemoFlags } from '#sim/demo/flags.ts'

/* What a newcomer reads first is held against what there is. */
const README = readFileSync('README.md', 'utf8')
const verbs = [...readFileSync('reach5.ts', 'utf8').matchAll(/^ {2}'?([a-z-]+)'?: \{$/gm)].map(m => m[1]!)
const PICTURES_BYTES_MAX = 1_500_000

describe('the README', () => {
  it('has every verb in its table, and no other', () => {
    const section = README.slice(README.indexOf('## The command line'), README.indexOf('Real hardware'))
    const named = [...section.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([a-z][a-z-]*)[^`]*`/g)].map(m => m[1]!),
    )
    expect(verbs.length).toBeGreaterThan(10)
    expect([...new Set(named)].sort()).toEqual([...verbs].sort())
  })

  it('starts the demo with flags there are', () => {
    const flags = [...README.matchAll(/npm start -- ([^\n]*?)(?: {2}|$)/gm)].flatMap(m =>
      [...m[1]!.matchAll(/--([a-z-]+)/g)].map(f => f[1]!),
    )
    expect(flags.length).toBeGreaterThan(5)
    expect(flags.filter(flag => !Object.hasOwn(DemoFlags.shape, flag))).toEqual([])
  })

  it.each(['README.md', 'docs/api.md', 'docs/broker.md'])('%s points only to what is there', file => {
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map(m => m[1]!)
    const files =
      file === 'README.md' ? [...README.matchAll(/`([a-z-]+\/[a-z/-]+\.tsx?)`/g)].map(m => m[1]!) : []
    expect([...links, ...files].filter(path => !existsSync(join(dirname(file), path)))).toEqual([])
  })

  it('brings small pictures, and none that nobody shows', () => {
    const pictures = readdirSync('docs/pictures')
    const bytes = pictures.reduce((sum, name) => sum + statSync(join('docs/pictures', name)).size, 0)
    expect(pictures.filter(name => !README.includes(`docs/pictures/${name}`))).toEqual([])
    expect(bytes).toBeLessThan(PICTURES_BYTES_MAX)
  })
})
