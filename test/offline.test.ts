import { expect, it } from 'vitest'
import { offlineRun } from './fleet/offline-run.ts'

/* A sample of `reach5 prove offline`; how fast it must be is asked there, on a machine that does nothing else. */
it('a car that was out of reach for an hour shows where it is now, then what it did, and its panic with its age', async () => {
  const found = await offlineRun({ hours: 1, panicAtHour: 0.5 })
  console.log(`offline: ${JSON.stringify(found)}`)
  expect(found).toMatchObject({ oldPositionsShown: 0, lost: 0, doubled: 0, holes: 0 })
  expect(found.effective).toBe(found.accepted)
  expect(found.positionsShown).toBeGreaterThan(0)
  expect(found.alarm!.ageSeconds).toBeGreaterThanOrEqual(1_800)
}, 120_000)
