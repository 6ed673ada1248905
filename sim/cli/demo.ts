import { exitCodeOf } from '#protocols/cli/exit-code.ts'
import { composeDemo } from '../compose.ts'
import type { Demo } from '../compose.ts'
import { DEMO_USAGE, parseDemoFlags } from '../demo/flags.ts'
import { loadInWords, loadOf } from '../demo/process-load.ts'

const STOP_WITHIN_MS = 1_900
const SETTLED_MS = 10_000
const MEASURED_MS = 20_000

/** `npm start`: the whole city on this machine until Ctrl-C; 0 after an orderly stop, 1 when it could not start, 2 on wrong use or a wrong file. */
export async function demo(args: readonly string[]): Promise<number> {
  const flags = parseDemoFlags(args)
  if (!flags.ok || flags.value.help) {
    console.error(flags.ok ? DEMO_USAGE : `reach5 demo: ${flags.detail} (npm start -- --help)`)
    return flags.ok ? 0 : 2
  }
  const stopped = untilToldToStop()
  const startedMs = performance.now()
  const started = composeDemo(flags.value, words => console.error(words))
  const first = await Promise.race([started, stopped])
  if (first === 'stop') {
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref()
    const late = await started
    if (late.ok) await late.value.close()
    return 0
  }
  if (!first.ok) {
    console.error(`reach5 demo: ${first.detail} [${first.code}]`)
    return exitCodeOf(first.code)
  }
  const running = first.value
  console.log(greeting(running.addresses, running.receiver, flags.value.data, performance.now() - startedMs))
  const cancelLoad = tellLoadSoon(running)
  await stopped
  cancelLoad()
  console.error('stopping …')
  setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref()
  await running.close()
  return 0
}

/** Once, when everybody has settled: what the whole costs this machine. */
function tellLoadSoon({ gatewayPid, units }: Demo): () => void {
  const look = () => ({ gateway: loadOf(gatewayPid), city: loadOf(process.pid) })
  let before = look()
  const begin = setTimeout(() => (before = look()), SETTLED_MS)
  const end = setTimeout(() => {
    const after = look()
    const words = (who: 'gateway' | 'city'): string =>
      loadInWords(before[who], after[who], MEASURED_MS / 1000)
    console.log(
      `  ${units.length} units on the street. Over ${MEASURED_MS / 1000} s: gateway ${words('gateway')}; city and fleet ${words('city')}.`,
    )
  }, SETTLED_MS + MEASURED_MS)
  return () => [begin, end].forEach(clearTimeout)
}

function greeting(addresses: Demo['addresses'], receiver: string, data: string, tookMs: number): string {
  return `
  reach5 runs (started in ${(tookMs / 1000).toFixed(1)} s). Everything stays on this machine.

    dispatcher's map      ${addresses.map}
    crew's terminal       ${addresses.terminal}     vehicle ptu-01, receiver: ${receiver}
    kiosk at a station    ${addresses.kiosk}     its duty officer's desk: ${addresses.desk}
    operator's page       ${addresses.map}/operator/
    the simulator         ${addresses.sim}     cut a link, take a car's power, stop the broker

  Try this
    1. Open the map. Incidents come as on a usual day; a simulated crew signs, drives and arrives.
    2. Click a road: the nearest five with their times. Create an incident there and send ptu-01's unit.
    3. Open the terminal: one tap signs. ${receiver === 'simulated' ? 'The car drives there by itself; tap' : 'Tap'} on scene, then cleared.
    4. Hold the terminal's panic button for two seconds and look at the map.

    curl ${addresses.map}/v1/units        logs and data: ${data}
    Ctrl-C ends everything.
`
}

function untilToldToStop(): Promise<'stop'> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('stop'))
  })
}
