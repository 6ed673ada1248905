import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { fileFault } from './file-fault.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-file-fault-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const faultOf = (path: string) => {
  try {
    readFileSync(join(dir, path))
  } catch (error) {
    return fileFault(`--grids ${path}`, error)
  }
  throw new Error('it was read')
}

it('says in words what real files answer', () => {
  writeFileSync(join(dir, 'file'), '')
  symlinkSync('round', join(dir, 'round'))
  expect(faultOf('none')).toMatchObject({ code: 'FILE_ABSENT', detail: '--grids none: no such file' })
  expect(faultOf('.')).toMatchObject({
    code: 'FILE_UNREADABLE',
    detail: '--grids .: this is a directory; name a file',
  })
  expect(faultOf('file/in').detail).toMatch(/not a directory/)
  expect(faultOf('round').detail).toMatch(/circle/)
})

it('keeps the words of whatever else goes wrong', () => {
  expect(fileFault('x', new Error('the disk hums'))).toMatchObject({
    code: 'FILE_UNREADABLE',
    detail: 'x: the disk hums',
  })
})
