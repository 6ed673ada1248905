import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { brokerFiles } from '#gateway/cli/broker-files.ts'
import { GATEWAY_CLIENT_ID } from '#gateway/broker/mqtt-broker-client.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import { within } from '../crash/life.ts'
import { findMosquitto } from '../brokers/mosquitto.ts'
import { openCommandCentre } from './command-centre.ts'
import { sure } from './enrolled.ts'
import { connectPublishers } from './publishers.ts'

export type IngestRun = {
  readonly connections: number
  readonly repeats: number
  /** Per connection and round. */
  readonly batches: number
  readonly singles: number
}

const TICKS_PER_S = 100

/**
 * What a record costs the gateway, checked, chained and durable, beside what it costs Mosquitto to hand the same records from
 * the same connections to one subscriber, one by one. Rounds of both alternate; CPU is what the kernel counts for the
 * process, in microseconds a record.
 */
export async function ingestRun(run: IngestRun, say: (words: string) => void = () => {}) {
  const binary = findMosquitto()
  if (binary === null) throw new Error('no mosquitto here')
  const centre = await openCommandCentre(run.connections)
  const relay = await openRelay(binary, centre.gateway.data)
  const ours = await connectPublishers(centre.identities, centre.gateway.mqtt)
  const theirs = await connectPublishers(centre.identities, relay.url)
  say(`${run.connections} connections to each`)
  const measure = async (mix: { batches: number; singles: number }) => {
    const [a, b]: [number[], number[]] = [[], []]
    for (let n = 0; n < run.repeats; n++) {
      const play = await ours.prepare({ ...mix, oneByOne: false, acks: true })
      a.push(await cpuPer(centre.life.pid, play))
      const replay = await theirs.prepare({ ...mix, oneByOne: true, acks: false })
      const before = relay.heard()
      const expected = run.connections * (mix.batches * 60 + mix.singles)
      b.push(
        await cpuPer(relay.pid, async () => {
          const records = await replay()
          const isWhole = await within(60_000, () => relay.heard() - before >= expected)
          if (!isWhole)
            throw new Error(`the relay lost ${expected - (relay.heard() - before)} of ${expected}`)
          return records
        }),
      )
      say(`${n + 1}: ${a.at(-1)!.toFixed(1)} µs beside ${b.at(-1)!.toFixed(1)} µs`)
    }
    return { gatewayUs: spreadOf(a), mosquittoUs: spreadOf(b), ratio: round(median(a) / median(b)) }
  }
  try {
    const mixed = await measure(run)
    const single = await measure({ batches: 0, singles: run.singles })
    return { ...run, mixed, single }
  } finally {
    ours.close()
    theirs.close()
    relay.close()
    await centre.close()
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
const median = (values: readonly number[]): number => [...values].sort((x, y) => x - y)[values.length >> 1]!
const spreadOf = (values: readonly number[]) => ({
  median: round(median(values)),
  min: round(Math.min(...values)),
  max: round(Math.max(...values)),
})

/** Microseconds of processor, all threads, for each record of what is played. */
async function cpuPer(pid: number, play: () => Promise<number>): Promise<number> {
  const before = cpuSeconds(pid)
  const records = await play()
  return ((cpuSeconds(pid) - before) * 1e6) / records
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S
}

/**
 * A Mosquitto with our files and a quiet log, and one subscriber to everything that goes up. Its queue for that subscriber has
 * no end: with the bound of our files it took, and dropped, a tenth of what 2,000 connections gave it at once.
 */
async function openRelay(binary: string, data: string) {
  const out = join(data, '..', 'relay')
  mkdirSync(out, { recursive: true })
  const port = 20_000 + (process.pid % 20_000)
  const args = [
    '--data',
    data,
    '--out',
    out,
    '--host',
    '127.0.0.1',
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
  ]
  if ((await brokerFiles(args)) !== 0) throw new Error('no files for Mosquitto')
  const conf = join(out, 'relay.conf')
  const ours = readFileSync(join(out, 'mosquitto.conf'), 'utf8')
  writeFileSync(conf, `user root\nlog_type error\n${ours.replaceAll(/^(max_queued_\w+) .*$/gm, '$1 0')}`)
  const child = spawn(binary, ['-c', conf], { stdio: 'ignore' })
  await within(10_000, () => answers(port))
  const authority = sure(await openAuthority(data, Date.now()))
  const { key, cert } = await authority.clientCertificate(GATEWAY_CLIENT_ID, Date.now())
  let heard = 0
  const url = `mqtts://127.0.0.1:${port}`
  const client = await mqtt.connectAsync(url, {
    ...{ key, cert, ca: authority.caPem, clientId: GATEWAY_CLIENT_ID, protocolVersion: 4, clean: true },
  })
  client.on('message', () => heard++)
  await client.subscribeAsync('reach5/1/+/+/up/#', { qos: 1 })
  return {
    pid: child.pid!,
    url,
    heard: () => heard,
    close: () => {
      client.end(true)
      child.kill('SIGKILL')
    },
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
  })
