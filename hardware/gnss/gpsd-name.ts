/** The port gpsd is registered for. */
export const GPSD_PORT = 2947

/** `gpsd` and `gpsd://car:2947` are a receiver behind gpsd; anything else is the path of a serial line. */
export const isGpsd = (name: string): boolean => name === 'gpsd' || name.startsWith('gpsd://')

/** Whether a receiver can be named so: any path, or gpsd with a port that exists. */
export const isLineName = (name: string): boolean => !isGpsd(name) || gpsdAddress(name) !== undefined

export type GpsdAddress = { readonly host: string; readonly port: number }

/** `gpsd` is `gpsd://127.0.0.1:2947`; undefined when it is no such name. */
export function gpsdAddress(name: string): GpsdAddress | undefined {
  if (name === 'gpsd') return { host: '127.0.0.1', port: GPSD_PORT }
  const [, host, port = String(GPSD_PORT)] =
    /^gpsd:\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?\/?$/i.exec(name) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) }
}
