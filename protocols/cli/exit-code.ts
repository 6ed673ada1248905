import type { ErrorCode } from '../errors.ts'

/** What was given to the command is wrong: words, a setting, or a file that is missing, broken or of another kind. */
const WRONG_INPUT: readonly ErrorCode[] = [
  ...([
    'USAGE',
    'CONFIG_INVALID',
    'CODE_MISTYPED',
    'FILE_ABSENT',
    'FILE_BROKEN',
    'FILE_UNREADABLE',
    'UNITS_INVALID',
    'CLOSURES_INVALID',
    'PROFILES_INVALID',
  ] as const),
  ...(['OSM_MISSING', 'OSM_BROKEN', 'OSM_UNSUPPORTED', 'OSM_NO_ROADS'] as const),
  ...(['GRAPH_MAGIC', 'GRAPH_VERSION', 'GRAPH_TRUNCATED', 'GRAPH_HASH', 'GRAPH_STRUCTURE'] as const),
  ...(['TILES_MAGIC', 'TILES_VERSION', 'TILES_BROKEN'] as const),
  ...(['GRIDS_CRS', 'GRIDS_INVALID'] as const),
]

/** 2 when the command or a file given to it is wrong, 1 when it ran and the answer is no. */
export const exitCodeOf = (code: string): 1 | 2 => (WRONG_INPUT.some(wrong => wrong === code) ? 2 : 1)
