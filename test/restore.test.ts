import { expect, it } from 'vitest'
import { restoreRun } from './fleet/restore-run.ts'

/* A sample of `reach5 prove restore`. */
it('a fleet sends again what a restored gateway lacks: nothing lost, nothing twice, every alarm listed once', async () => {
  const found = await restoreRun({ cars: 3, before: 60, since: 240, after: 60 })
  console.log(`restore: ${JSON.stringify(found)}`)
  expect(found).toMatchObject({ holds: true, lost: 0, changed: 0, doubled: 0, holes: 0 })
  expect(found.replayed).toBeGreaterThan(3 * 240)
}, 120_000)
