import type { Clock } from '#protocols/time.ts'

/** Texts to and from one address. `send` never waits or throws: what is lost is asked again. */
export type CameraLine = {
  send(text: string): void
  close(): Promise<void>
}

export type CameraLineEvents = {
  /** From now on questions can be sent; the number grows with every connection. */
  readonly onOpened: (generation: number) => void
  readonly onText: (text: string, generation: number) => void
  readonly onClosed: (reason: string) => void
}

/** Opens at once and again for ever, with a pause. */
export type OpenCameraLine = (
  address: { readonly host: string; readonly port: number },
  clock: Clock,
  events: CameraLineEvents,
) => CameraLine

export const REOPEN_MS = 500
