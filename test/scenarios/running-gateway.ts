import { join } from 'node:path'
import { gatewayEntry, startChild } from '#sim/demo/child.ts'
import type { Child } from '#sim/demo/child.ts'
import type { World } from '#sim/demo/world.ts'

export const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export type GatewayProcess = {
  readonly process: Child
  readonly urls: { readonly pages: string; readonly enrolment: string; readonly mqtt: string }
}

/** The real gateway process, as it ships, on free ports; started again it listens where it did. */
export async function startGateway(dir: string, world: World, logFile: number): Promise<GatewayProcess> {
  let ports = ['0', '0', '0']
  const gateway = await startChild(
    gatewayEntry('dist/gateway.js'),
    () => [
      ...['--data', join(dir, 'gateway'), '--roads', world.files.roads],
      ...['--grids', world.files.grids, '--city', world.files.city],
      ...['--pages-port', ports[0]!, '--enrol-port', ports[1]!, '--mqtt-port', ports[2]!],
    ],
    { log: QUIET, logFile },
  )
  const { pages = '', enrolment = '', mqtt = '' } = gateway.addresses
  ports = [pages, enrolment, mqtt].map(url => new URL(url).port)
  return { process: gateway, urls: { pages, enrolment, mqtt } }
}
