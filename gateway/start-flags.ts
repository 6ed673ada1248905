/** Threads of V8's own: it marks, sweeps and compiles on them. */
export const V8_POOL = 4

/*
 * How the process of a gateway is started, whoever starts it: the demo, `reach5 gateway`, a service, a bench or a proof.
 *
 *   max-semi-space-size 4     each thread's young generation is 4 MB twice: a pause copies four megabytes at most
 *   no-parallel-scavenge      the loop collects its own young generation: 0.3 MB to copy is a millisecond of work, and a helper
 *                             that others keep from the processor is waited for, 20 to 60 ms on two busy cores
 *   no-concurrent-array-buffer-sweeping   the same: a pause waits until the helper of the one before is done, 41 ms once
 *   heap-growing-percent 65   the old generation is collected when it has grown by so much. Left to itself V8 waits for three
 *                             times as much when there is a lot of garbage and for a fifth when there is little; half-full
 *                             pages are then moved and a pause is 6 to 10 ms instead of 3 to 5
 *   v8-pool-size 4            as many threads of V8's own as without it, but known to be as many (`yielding-collector.ts`)
 *   MALLOC_ARENA_MAX 2        two heaps of malloc for all threads (mallopt(3))
 *   MALLOC_MMAP_THRESHOLD_ 65536, MALLOC_TOP_PAD_ 4096   what is larger takes pages of its own, of which only those that are
 *                             touched are held, and gives them back when it is freed; with room kept ready above the heap it
 *                             would be cut from there. A connection has a buffer of 64 KB and fills a few of its pages. Every
 *                             such page is fetched from the kernel each time, so what is made by the thousand has to be smaller:
 *                             the tables of LevelDB's compression and the window of a batch have 32 to 40 KB
 *
 * Three storms of 2,000 cars (`reach5 prove storm`) are live after 5.9 to 6.3 s with these, on 5.8 to 6.5 s of the gateway's
 * processor. Turned down: a young generation of 2 MB with an old one collected at every third of growth (heap-growing-percent
 * 30), of which the slowest storm took 16.8 s; one thread for the young generation was not what it cost. No compaction
 * (no-compact): pauses are as short, but half-full pages that a storm leaves would never be given back. Pages of 2 MB
 * (glibc.malloc.hugetlb): Porto's roads open no sooner, and 20 MB are held that nobody touches. A growth of 50: 10 MB less, but
 * a fifth of what ingesting takes was collecting (15.7 us a record instead of 13.6). A bound of 32 KB for malloc: 98 pages fetched a
 * batch instead of 17; where a page is dear (12 us in a virtual machine) two thousand backlogs filled the loop's processor, alarms
 * took 11 ms in the middle instead of 4, and 255 cars 48 % of a core instead of 42. It held 5 MB less, among them what V8 compiles
 * in (32 KB a piece); the growth of 65 gives those back. No helper for the old generation either
 * (single-threaded-gc): beside two busy processes a collection of 90 MB is 18 ms at most instead of 114, but a city's gateway took
 * 51 instead of 41 % of a core and 249 instead of 244 MB, and held its loop as long. Of its parts alone Node 20 aborts with
 * no-parallel-marking and no-concurrent-marking.
 */
export const GATEWAY_START = {
  execArgv: [
    '--max-semi-space-size=4',
    '--no-parallel-scavenge',
    '--no-concurrent-array-buffer-sweeping',
    '--heap-growing-percent=65',
    `--v8-pool-size=${V8_POOL}`,
  ],
  env: {
    MALLOC_ARENA_MAX: '2',
    MALLOC_TOP_PAD_: '4096',
    MALLOC_MMAP_THRESHOLD_: '65536',
  },
} as const

/** What a process was not started with; empty as it should be. `['MALLOC_ARENA_MAX=2']`. */
export function missingAtStart(
  execArgv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const flags = GATEWAY_START.execArgv.filter(flag => !execArgv.includes(flag))
  const settings = Object.entries(GATEWAY_START.env).filter(([name, value]) => env[name] !== value)
  return [...flags, ...settings.map(([name, value]) => `${name}=${value}`)]
}
