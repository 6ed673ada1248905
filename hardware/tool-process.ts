import { execFile, spawn } from 'node:child_process'
import { fault, ok } from '#protocols/result.ts'
import type { Fault } from '#protocols/result.ts'
import type { Tools } from './tools.ts'

const RUN_MS_MAX = 3_000
const PRINTED_BYTES_MAX = 64 * 1024
/** Longer than any line we understand: a program that prints none is not one of ours. */
const LINE_CHARS_MAX = 4_096
const WORDS_CHARS_MAX = 300

/** The programs themselves, as child processes that end with us. */
export const toolProcesses: Tools = {
  run: (name, args) =>
    new Promise(resolve => {
      const options = { timeout: RUN_MS_MAX, maxBuffer: PRINTED_BYTES_MAX }
      execFile(name, [...args], options, (error, stdout, stderr) => {
        if (error === null) return resolve(ok(stdout))
        resolve(whyOf(name, error.code, `${stderr.trim() || error.message}`))
      })
    }),

  follow: (name, args, { onLine, onEnd }) => {
    const child = spawn(name, [...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    let ended = false
    let words = ''
    let begun = ''
    const end = (why: Fault): void => {
      if (ended) return
      ended = true
      child.kill('SIGKILL')
      onEnd(why)
    }
    child.stdin.on('error', () => {}) // it ended while we spoke: `close` says so
    child.stderr.on('data', (chunk: Buffer) => void (words = `${words}${chunk}`.slice(-WORDS_CHARS_MAX)))
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = `${begun}${chunk}`.split('\n')
      begun = (lines.pop() ?? '').slice(-LINE_CHARS_MAX)
      for (const line of lines) if (!ended) onLine(line)
    })
    child.on('error', (error: NodeJS.ErrnoException) => end(whyOf(name, error.code, error.message)))
    child.on('close', code => end(whyOf(name, code, words.trim() || `ended with ${code}`)))
    return {
      say: line => void (!ended && child.stdin.write(`${line}\n`)),
      stop: () => {
        ended = true
        child.kill('SIGKILL')
      },
    }
  },
}

const whyOf = (name: string, code: string | number | null | undefined, words: string): Fault =>
  code === 'ENOENT'
    ? fault('TOOL_ABSENT', `${name} is not installed`)
    : fault('TOOL_FAILED', `${name}: ${words.slice(0, WORDS_CHARS_MAX)}`)
