/*
 * The program that holds one pseudo-terminal, as text for `node -e`: stdin -> wire -> whoever opened the terminal, and
 * back on stdout; the path goes out on stderr first. It is a process of its own for two reasons.
 *  - @lydell/node-pty does not mark the master close-on-exec. A simulator that opened terminals itself would hand them
 *    to every process it starts afterwards, and an unplug would not be noticed while one of those lives.
 *  - Killing it is the unplug; losing its stdin (its parent died, however) ends it too. Nothing can be left behind.
 * Text rather than a file, because it has to run the same from source, under the test runner and from the bundle.
 *
 * Raw mode without echo is set on the slave side before anybody knows the path. The slave is held open but never read,
 * so that the other end may come and go; node-pty's own reader of it is ended, it would swallow the agent's bytes.
 * Bytes that nobody takes are dropped once 4 KiB wait, as a wire would.
 *
 * A killed process frees its memory before its files, which takes a while on a busy machine. So on SIGUSR2 it lets go of
 * the line first, and says on stderr when it did, by the clock all processes of the machine share.
 */
export const PSEUDO_TERMINAL_HOST = `
const pty = require(process.argv[1])
const { openSync, closeSync, writeSync, constants } = require('node:fs')
const { execFileSync } = require('node:child_process')
const leave = () => process.exit(0)
const terminal = pty.open({ encoding: null })
const slave = openSync(terminal.ptsName, constants.O_RDWR | constants.O_NOCTTY)
terminal.slave.destroy()
execFileSync('stty', ['raw', '-echo'], { stdio: [slave, 'ignore', 'inherit'] })
terminal.master.on('error', leave)
terminal.master.on('data', bytes => process.stdout.write(bytes))
process.stdin.on('data', bytes => { if (terminal.master.writableLength < 4096) terminal.master.write(bytes) })
process.stdin.on('end', leave)
process.stdin.on('error', leave)
process.stdout.on('error', leave)
process.on('SIGUSR2', () => {
  closeSync(slave)
  const at = process.hrtime.bigint()
  closeSync(terminal._fd)
  writeSync(2, 'pulled ' + at + '\\n')
  process.kill(process.pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})
process.stderr.write(terminal.ptsName + '\\n')
`
