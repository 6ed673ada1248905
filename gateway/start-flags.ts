/*
 * How the process of a gateway is started, whoever starts it: the demo, `reach5 gateway`, a service, a bench or a proof.
 *
 *   max-semi-space-size 2     each thread's young generation is 2 MB twice: a pause copies two megabytes at most
 *   heap-growing-percent 30   the old generation is collected when it has grown by a third; V8 alone lets 48 MB become 170
 *   no-parallel-scavenge      the thread that stopped collects by itself and waits for no helper that has no processor
 *   MALLOC_ARENA_MAX 1        one heap of malloc for all threads (mallopt(3))
 *   MALLOC_MMAP_THRESHOLD_    what is larger goes back to the system when it is freed; without a number the first large
 *                             block that is freed raises the bound to its size, and later ones leave holes
 *   glibc.malloc.hugetlb 1    large blocks ask for pages of 2 MB where the system gives them to who asks: 2,100 pages fewer to
 *                             fetch for Porto's roads, which open in half the time where a page is dear (a virtual machine)
 */
export const GATEWAY_START = {
  execArgv: ['--max-semi-space-size=2', '--heap-growing-percent=30', '--no-parallel-scavenge'],
  env: { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
} as const

/** What a process was not started with; empty as it should be. `['MALLOC_ARENA_MAX=1']`. */
export function missingAtStart(
  execArgv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const flags = GATEWAY_START.execArgv.filter(flag => !execArgv.includes(flag))
  const settings = Object.entries(GATEWAY_START.env).filter(([name, value]) => env[name] !== value)
  return [...flags, ...settings.map(([name, value]) => `${name}=${value}`)]
}
