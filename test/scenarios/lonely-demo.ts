import { spawn } from 'node:child_process'
import { eventually } from './running-house.ts'

/*
 * Run where there is no network but loopback: starts the demo in the directory named, asks every page and the API, ends it.
 * Prints one JSON line; used by loopback.test.ts inside a network namespace of its own.
 */
const [dir = '/tmp/reach5-lonely'] = process.argv.slice(2)
const zero = ['map', 'enrol', 'terminal', 'mqtt'].flatMap(name => [`--${name}-port`, '0'])
const small = ['--junctions', '400', '--units', '3', '--incident-every', '2']
const demo = spawn(process.execPath, ['dist/reach5.js', 'demo', '--data', dir, ...small, ...zero])
let said = ''
for (const stream of [demo.stdout, demo.stderr]) stream.on('data', words => (said += String(words)))
const ended = new Promise<number | null>(resolve => demo.once('exit', code => resolve(code)))

try {
  await eventually('the greeting', () => Promise.resolve(said.includes('Ctrl-C ends everything')))
  const urls = [...new Set(said.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [])]
  const pages: string[] = []
  for (const url of urls) {
    const answer = await fetch(`${url}/`)
    if (answer.ok && (await answer.text()).includes('id="page"')) pages.push(url)
  }
  const units = await eventually('three live units', async () => {
    const answer = await fetch(`${urls[0]}/v1/units`)
    const { units } = (await answer.json()) as { units: { freshness: string }[] }
    return units.length === 3 && units.every(unit => unit.freshness === 'live') ? units.length : null
  })
  const incidents = await eventually('an incident', async () => {
    const answer = await fetch(`${urls[0]}/v1/incidents`)
    return ((await answer.json()) as { incidents: unknown[] }).incidents.length
  })
  demo.kill('SIGINT')
  console.log(JSON.stringify({ pages: pages.length, units, incidents, exit: await ended }))
} catch (error) {
  console.error(String(error), said)
  process.exitCode = 1
} finally {
  if (demo.exitCode === null) demo.kill('SIGKILL')
}
