import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { OpenPort, Port } from '#hardware/port.ts'
import { ok } from '#protocols/result.ts'

export type ToPanel =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'contact'; readonly input: number; readonly closed: boolean }

/** `atMs` by the machine's monotonic clock, which all processes share. */
export type FromPanel =
  | { readonly type: 'ready' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'contact'; readonly atMs: number }
  | { readonly type: 'coil'; readonly on: boolean; readonly atMs: number }

export type PanelProcess = {
  readonly pid: number
  readonly open: OpenPort
  /** Resolves with the moment at which the contact moved. */
  setContact(input: number, closed: boolean): Promise<number>
  coil(): boolean
  /** Called with every movement of the coil and its moment. */
  onCoil: (on: boolean, atMs: number) => void
  close(): void
}

/** Starts the module, and waits until it listens; it ends with this process. */
export async function startPanelProcess(baud: number, cameraInput: number): Promise<PanelProcess> {
  const file = fileURLToPath(new URL('./trigger-panel-process.ts', import.meta.url))
  const child = fork(file, [String(baud), String(cameraInput)], {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  })
  const tell = (message: ToPanel): void => void child.send(message)
  const moved: ((atMs: number) => void)[] = []
  const listeners: ((bytes: Uint8Array) => void)[] = []
  let coil = false
  const port: Port = {
    path: 'panel',
    generation: 1,
    onBytes: listener => void listeners.push(listener),
    onClosed: () => {},
    write: bytes => (tell({ type: 'bytes', bytes }), Promise.resolve(ok(undefined))),
    close: () => Promise.resolve(),
  }
  const panel: PanelProcess = {
    pid: child.pid!,
    open: () => Promise.resolve(ok(port)),
    setContact: (input, closed) =>
      new Promise(resolve => {
        moved.push(resolve)
        tell({ type: 'contact', input, closed })
      }),
    coil: () => coil,
    onCoil: () => {},
    close: () => child.disconnect(),
  }
  await once(child, 'message')
  child.on('message', message => {
    const heard = message as FromPanel
    switch (heard.type) {
      case 'ready':
        return
      case 'bytes':
        for (const listener of listeners) listener(heard.bytes)
        return
      case 'contact':
        moved.shift()?.(heard.atMs)
        return
      case 'coil':
        coil = heard.on
        panel.onCoil(heard.on, heard.atMs)
        return
    }
  })
  return panel
}
