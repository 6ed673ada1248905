import { describe, expect, it } from 'vitest'
import { exitCodeOf } from './exit-code.ts'

describe('the exit code of a fault', () => {
  it('is 2 for what was given wrongly and 1 for an answer of no', () => {
    expect(['USAGE', 'OSM_BROKEN', 'CONFIG_INVALID', 'GRIDS_CRS', 'GRAPH_VERSION'].map(exitCodeOf)).toEqual([
      2, 2, 2, 2, 2,
    ])
    expect(['PLACE_OFF_ROAD', 'PORT_IN_USE', 'FILE_UNWRITABLE', 'NO_SUCH_CODE'].map(exitCodeOf)).toEqual([
      1, 1, 1, 1,
    ])
  })
})
