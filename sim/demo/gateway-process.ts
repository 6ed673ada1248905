import { join } from 'node:path'
import { entryOf, startChild } from './child.ts'
import type { Child } from './child.ts'
import type { DemoFlags } from './flags.ts'
import type { Closers, House, Logs } from './house.ts'
import type { World } from './world.ts'

/** The gateway as a process of its own; started again it listens where it did before, also when the first ports were left to chance. */
export async function openGatewayProcess(
  flags: DemoFlags,
  world: World,
  logs: Logs,
  closers: Closers,
): Promise<{ readonly gateway: Child; readonly urls: House['urls'] }> {
  let ports = [flags['map-port'], flags['enrol-port'], flags['mqtt-port']].map(String)
  const gateway = await startChild(entryOf('gateway'), () => argumentsOf(flags, world, ports), {
    log: logs.demo,
    logFile: logs.files.gateway,
    onReady: ({ pages, enrolment, mqtt }) => {
      ports = [pages, enrolment, mqtt].map(url => new URL(url ?? '').port)
    },
  })
  closers.add('houses', () => gateway.stop())
  const { pages = '', enrolment = '', mqtt = '' } = gateway.addresses
  return { gateway, urls: { pages, enrolment, mqtt } }
}

function argumentsOf(flags: DemoFlags, world: World, [map, enrol, mqtt]: readonly string[]): string[] {
  return [
    ...['--data', join(flags.data, 'gateway'), '--roads', world.files.roads],
    ...['--grids', world.files.grids, '--city', world.files.city],
    ...(flags.profiles === undefined ? [] : ['--profiles', flags.profiles]),
    ...['--pages-port', map ?? '0', '--enrol-port', enrol ?? '0', '--mqtt-port', mqtt ?? '0'],
  ]
}
