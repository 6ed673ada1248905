/*
 * How the process of a gateway is started, whoever starts it: the demo, `reach5 gateway`, a service, a bench or a proof.
 *
 *   max-semi-space-size 4     each thread's young generation is 4 MB twice: a pause copies four megabytes at most
 *   MALLOC_ARENA_MAX 2        two heaps of malloc for all threads (mallopt(3))
 *   MALLOC_MMAP_THRESHOLD_    what is larger goes back to the system when it is freed; without a number the first large
 *                             block that is freed raises the bound to its size, and later ones leave holes
 *   glibc.malloc.hugetlb 1    large blocks ask for pages of 2 MB where the system gives them to who asks: 2,100 pages fewer to
 *                             fetch for Porto's roads, which open in half the time where a page is dear (a virtual machine)
 *
 * Turned down: a young generation of 2 MB collected by one thread, and an old one collected at every third of growth
 * (heap-growing-percent 30). With 255 cars they hold about a hundred megabytes less; of three storms of 2,000 cars (`reach5
 * prove storm`) the slowest was live after 16.8 s with them and 10.6 s without, on one machine, one run each.
 */
export const GATEWAY_START = {
  execArgv: ['--max-semi-space-size=4'],
  env: {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '1048576',
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
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
