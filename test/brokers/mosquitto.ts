import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { brokerFiles } from '#gateway/cli/broker-files.ts'

export type Mosquitto = {
  readonly port: number
  /** Where the rendered files lie. */
  readonly dir: string
  log(): string
  /** Reads rules and revocations again. */
  reload(): void
  /** Ends it as a power cut would; `start` brings it back on the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Mosquitto on PATH or where Debian puts it; null, said loudly, where there is none. In CI that is an error. */
export function findMosquitto(): string | null {
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = dirs.map(dir => join(dir, 'mosquitto')).find(isExecutable)
  if (found !== undefined) return found
  if (process.env['CI'] !== undefined) throw new Error('no mosquitto here: apt-get install mosquitto')
  console.warn('SKIPPED tests over Mosquitto: there is none on PATH. apt-get install mosquitto')
  return null
}

/** A real Mosquitto with the files `reach5 broker-files` renders from the gateway's directory `data`, on loopback. */
export async function openMosquitto(
  binary: string,
  data: string,
  out: string,
  port?: number,
): Promise<Mosquitto> {
  const listens = port ?? (await freePort())
  const args = ['--data', data, '--out', out, '--host', '127.0.0.1', '--bind', '127.0.0.1']
  const code = await quietly(() => brokerFiles([...args, '--port', String(listens)]))
  if (code !== 0) throw new Error(`broker-files ended with ${code}`)
  // Run by root it would become the user mosquitto, who cannot look into a test's directory.
  const conf = join(out, 'test.conf')
  writeFileSync(conf, `user root\nlog_type all\n${readFileSync(join(out, 'mosquitto.conf'), 'utf8')}`)
  let child: ChildProcess
  let log = ''
  const start = async (): Promise<void> => {
    child = spawn(binary, ['-c', conf], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (log += String(chunk)))
    await listening(
      listens,
      () => child.exitCode === null,
      () => log,
    )
  }
  const kill = (): Promise<void> =>
    new Promise(resolve => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  await start()
  return {
    port: listens,
    dir: out,
    log: () => log,
    reload: () => child.kill('SIGHUP'),
    kill,
    start,
    close: kill,
  }
}

/** A free port now; Mosquitto cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function listening(port: number, alive: () => boolean, log: () => string): Promise<void> {
  while (alive()) {
    const there = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (there) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`mosquitto ended at once: ${log()}`)
}

/** The verb speaks to a person; a test listens to its exit code. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { stdout, stderr } = process
  const said = [stdout.write, stderr.write] as const
  stdout.write = () => true
  stderr.write = () => true
  try {
    return await run()
  } finally {
    ;[stdout.write, stderr.write] = said
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
