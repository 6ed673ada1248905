import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { logLines } from './log-line.ts'

it('drops what cannot be written instead of stopping the process, and says so later', () => {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-log-'))
  const file = join(dir, 'log')
  const readable = openSync(file, 'w+')
  // A descriptor of a full device refuses every write with ENOSPC.
  const full = openSync('/dev/full', 'w')
  const lines = logLines(full)
  lines.write('one\n')
  lines.write('two\n')
  closeSync(full)
  // The same number now names a file with room, as a disk that was cleaned does.
  const again = openSync(file, 'a')
  expect(again).toBe(full)
  lines.write('three\n')
  expect(readFileSync(file, 'utf8').split('\n')).toEqual([
    '{"level":40,"event":"log.lines_dropped","count":2}',
    'three',
    '',
  ])
  for (const one of [again, readable]) closeSync(one)
  rmSync(dir, { recursive: true })
})
