import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseNmeaSentence } from 'nmea-simple'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Finding } from './evidence.ts'
import { npmPeer, programVersion } from './peers.ts'
import { capturesThere } from '../oracle/captures.ts'

/*
 * Bytes to epochs. Every reader gets the same bytes in one run, in turns, and the best of its rounds counts:
 *
 *   ours         GnssDecoder.feed in chunks of 4 KiB, epochs assembled and counted
 *   gpsdecode    -j, the whole on its standard input; the time of starting it on nothing is taken off
 *   gps          npm, update() a line: it keeps a state, the nearest thing to epochs
 *   nmea-simple  npm, parseNmeaSentence() a line: fields only, no epochs; a throw counts as read
 */
const BYTES_MIN = 24_000_000
const CHUNK_BYTES = 4_096
const ROUNDS = 5
const GPS_PEER = '0.9.0'
const NMEA_SIMPLE = '3.3.0'
/** What we want at least: MB/s of our own, and so many times gpsdecode. */
const GOAL = { mbPerSec: 10, timesGpsdecode: 2 }

type Reader = {
  readonly name: string
  readonly version: string
  readonly read: (bytes: Uint8Array) => { readonly ms: number; readonly epochs: number }
  readonly close?: () => void
}
type Measured = { readonly mbPerSec: number; readonly epochs: number; readonly version: string }

/** Throughput of the decoder beside its peers on all captures, or on simulated receivers where there are none. */
export function benchNmea(say: (words: string) => void): Finding {
  const { bytes, source } = input()
  const mb = bytes.length / 1e6
  const best = new Map<string, Measured>()
  const readers = readersThere(bytes, say)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, version, read } of readers) {
      const { ms, epochs } = read(bytes)
      const mbPerSec = mb / (ms / 1000)
      if (mbPerSec > (best.get(name)?.mbPerSec ?? 0)) best.set(name, { mbPerSec, epochs, version })
    }
    say(`round ${round} of ${ROUNDS}: ours ${best.get('ours')?.mbPerSec.toFixed(1)} MB/s`)
  }
  for (const { close } of readers) close?.()
  const ours = best.get('ours')?.mbPerSec ?? 0
  const ratios = Object.fromEntries(
    [...best]
      .filter(([name]) => name !== 'ours')
      .map(([name, peer]) => [name, rounded(ours / peer.mbPerSec)]),
  )
  const found = Object.fromEntries(
    [...best].map(([name, m]) => [name, { ...m, mbPerSec: rounded(m.mbPerSec) }]),
  )
  const holds = ours >= GOAL.mbPerSec && (ratios['gpsdecode'] ?? 0) >= GOAL.timesGpsdecode
  return {
    holds,
    evidence: { source, megabytes: rounded(mb), rounds: ROUNDS, goal: GOAL, readers: found, ratios },
  }
}

function readersThere(bytes: Uint8Array, say: (words: string) => void): readonly Reader[] {
  const readers: Reader[] = [inProcess('ours', `node ${process.version}`, readOurs)]
  const gpsdecode = programVersion('gpsdecode', '-V')
  if (gpsdecode === undefined) say('NOT MEASURED: gpsdecode is not installed (Debian: gpsd-clients)')
  else readers.push(gpsdecodeReader(gpsdecode, bytes))
  readers.push(inProcess('nmea-simple', NMEA_SIMPLE, all => byLine(all, parseNmeaSentence)))
  try {
    const { version, module } = npmPeer('gps', GPS_PEER)
    const Gps = ((module as { GPS?: unknown }).GPS ?? module) as new () => { update(line: string): boolean }
    const gps = new Gps()
    readers.push(inProcess('gps', version, all => byLine(all, line => gps.update(line))))
  } catch (error) {
    say(`NOT MEASURED: npm package gps (${String(error).split('\n')[0]})`)
  }
  return readers
}

function readOurs(bytes: Uint8Array): number {
  const decoder = new GnssDecoder()
  let epochs = 0
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    epochs += decoder.feed(bytes.subarray(at, at + CHUNK_BYTES)).length
  return epochs + decoder.quiet().length
}

/** Timed with its output thrown away; what it found is counted in a run of its own. */
function gpsdecodeReader(version: string, bytes: Uint8Array): Reader {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-bench-'))
  const file = join(dir, 'bytes')
  writeFileSync(file, bytes)
  const timed = (path: string): number => {
    const input = openSync(path, 'r')
    const startedMs = performance.now()
    spawnSync('gpsdecode', ['-j'], { stdio: [input, 'ignore', 'ignore'] })
    const tookMs = performance.now() - startedMs
    closeSync(input)
    return tookMs
  }
  const startMs = Math.min(...Array.from({ length: 5 }, () => timed('/dev/null')))
  const { stdout } = spawnSync('gpsdecode', ['-j'], { input: bytes, encoding: 'latin1', maxBuffer: 1 << 30 })
  const epochs = stdout.split('"class":"TPV"').length - 1
  return {
    name: 'gpsdecode',
    version,
    read: () => ({ ms: timed(file) - startMs, epochs }),
    close: () => rmSync(dir, { recursive: true }),
  }
}

/** Times a reader of our own process. */
const inProcess = (name: string, version: string, read: (bytes: Uint8Array) => number): Reader => ({
  name,
  version,
  read: bytes => {
    const startedMs = performance.now()
    const epochs = read(bytes)
    return { ms: performance.now() - startedMs, epochs }
  },
})

function byLine(bytes: Uint8Array, read: (line: string) => unknown): number {
  let lines = 0
  for (const line of Buffer.from(bytes).toString('latin1').split('\r\n')) {
    try {
      read(line)
      lines++
    } catch {
      // Both throw on much that is harmless.
    }
  }
  return lines
}

function input(): { readonly bytes: Uint8Array; readonly source: string } {
  const { captures, source } = capturesThere()
  const once = Buffer.concat(captures)
  const bytes = Buffer.concat(Array<Buffer>(Math.ceil(BYTES_MIN / once.length)).fill(once))
  return { bytes, source: `${source}, repeated` }
}

const rounded = (value: number): number => Math.round(value * 100) / 100
