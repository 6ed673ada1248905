import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { UnitView } from '#protocols/api.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import type { PseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import { eventually } from './running-house.ts'

/*
 * `npm start -- --gnss PATH` as a person has it who plugs the receiver in afterwards. The line is a pseudo-terminal with a
 * name that lasts, as /dev/serial/by-id has.
 */
const dir = mkdtempSync(join(tmpdir(), 'reach5-plugged-in-'))
const path = join(dir, 'receiver')
const PLACE = { lat: 31.2304, lon: 121.4737 }
let demo: ChildProcess
let receiver: PseudoTerminal | undefined
let speaking: NodeJS.Timeout | undefined
let said = ''

beforeAll(async () => {
  const ports = ['map', 'enrol', 'terminal', 'sim', 'mqtt'].flatMap(name => [`--${name}-port`, '0'])
  const small = ['--junctions', '300', '--units', '1', '--incidents-per-day', '0']
  const args = ['dist/reach5.js', 'demo', '--data', join(dir, 'data'), '--gnss', path, ...small, ...ports]
  demo = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [demo.stdout, demo.stderr]) stream!.on('data', words => (said += String(words)))
  await eventually('the greeting', () => Promise.resolve(said.includes('Ctrl-C ends everything')))
}, 60_000)

afterAll(async () => {
  clearInterval(speaking)
  const ended = new Promise(resolve => demo.once('exit', resolve))
  demo.kill('SIGINT')
  await ended
  await receiver?.unplug()
  rmSync(dir, { recursive: true, force: true })
})

const unit = async (): Promise<UnitView | undefined> => {
  const map = /map\s+(http:\S+)/.exec(said)![1]!
  const { units } = (await (await fetch(`${map}/v1/units`)).json()) as { units: UnitView[] }
  return units[0]
}

async function plugIn(): Promise<void> {
  const opened = await openPseudoTerminal({ linkPath: path })
  if (!opened.ok) throw new Error(opened.detail)
  receiver = opened.value
  const { port } = receiver
  const voice = simulatedReceiver()
  const truth = () => ({ ...PLACE, speedMps: 0, trackDeg: 0, utcMs: Date.now(), fix: true })
  speaking = setInterval(() => void port.write(voice.epoch(truth()), 900), 1_000)
}

it('says that nothing is plugged in, runs on, and has the car where the receiver is once it is', async () => {
  expect(said).toContain(`receiver: ${path}`)
  await eventually('the word no_device', () => Promise.resolve(said.includes('no_device')))
  expect((await eventually('the unit', unit))?.position).toBeNull()

  await plugIn()
  await eventually('the fix told', () =>
    Promise.resolve(said.includes(`--gnss ${path}: a receiver with a fix`)),
  )
  const here = await eventually('the car there', async () => (await unit())?.position)
  expect(here.lat).toBeCloseTo(PLACE.lat, 4)
  expect(here.lon).toBeCloseTo(PLACE.lon, 4)

  clearInterval(speaking)
  await receiver!.unplug()
  const told = said.length
  await eventually('the pull told', () => Promise.resolve(said.slice(told - 1).includes('no_device')))
}, 90_000)
