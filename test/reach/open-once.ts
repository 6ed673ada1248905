import { readFileSync } from 'node:fs'
import { openGraph } from '#protocols/roads/graph.ts'

/** A process of its own: opens one graph file, the first thing it does with one, and prints how many milliseconds that took. */
const [file = ''] = process.argv.slice(2)
const startedMs = performance.now()
const opened = openGraph(readFileSync(file))
const tookMs = performance.now() - startedMs
if (!opened.ok) throw new Error(`${file}: ${opened.code}`)
console.log(tookMs)
