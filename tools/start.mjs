// npm start: checks the machine, builds what changed, runs the demo from the bundle. Plain JavaScript that an old Node
// can still parse, so that a wrong version gets one clear line instead of a stack.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`reach5 needs Node 20.19 or newer; this is ${process.versions.node}. [NODE_TOO_OLD]`)
  process.exit(1)
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const built = spawnSync(process.execPath, [join(root, 'tools', 'build.mjs'), '--if-changed'], {
  stdio: 'inherit',
})
if (built.status !== 0) process.exit(built.status ?? 1)

const entry = join(root, 'dist', 'reach5.js')
process.argv = [process.argv[0], entry, 'demo', ...process.argv.slice(2)]
await import(pathToFileURL(entry).href)
