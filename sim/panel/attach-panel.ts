import type { PanelDevice } from '#hardware/panel/device-table.ts'
import type { Port } from '#hardware/port.ts'
import type { Clock } from '#protocols/time.ts'
import { createPanelModel, hearRequest } from './panel.ts'

/** What a bad module or a bad line makes of one answer: each piece goes out `afterMs` later than it should. */
export type Misbehaviour = (
  answer: Uint8Array,
) => readonly { readonly bytes: Uint8Array; readonly afterMs: number }[]

export type SimPanelOptions = {
  readonly address?: number
  /** Which module it plays; absent, the first of the table. */
  readonly device?: PanelDevice
  /** From the last byte of a question to the first of its answer. */
  readonly turnaroundMs?: number
  readonly misbehaviour?: Misbehaviour
}

/** A module on a line, with hands on its contacts and ears at its coils. */
export type SimPanel = {
  /** Closes or opens the contact at terminal `input` (0 is the first). */
  setContact(input: number, closed: boolean): void
  contact(input: number): boolean
  coil(index: number): boolean
  onCoil(listener: (coil: number, on: boolean) => void): void
  misbehave(how: Misbehaviour | undefined): void
  /** Without power it answers nothing and forgets its coils. */
  setPower(on: boolean): void
  /** A setting of the module; undefined where there is none. */
  register(register: number): number | undefined
  /** Questions answered. */
  readonly answers: number
}

/** The beginning of a question nobody finished is forgotten after this much silence. */
const FRAME_SILENCE_MS = 20

/** Puts a module at one end of a line; several may share one (each listens to its own address). */
export function attachPanel(port: Port, clock: Clock, options: SimPanelOptions = {}): SimPanel {
  const model = createPanelModel(options.address, options.device)
  const coilListeners: ((coil: number, on: boolean) => void)[] = []
  let misbehaviour = options.misbehaviour
  let power = true
  let answers = 0
  let freeAtMs = 0
  let forget = (): void => {}

  const switched = (coil: number, on: boolean): void => {
    for (const listener of coilListeners) listener(coil, on)
  }
  /** One piece after the other: a module has one transmitter and answers in order. */
  const send = (answer: Uint8Array): void => {
    const nowMs = clock.now().monoMs
    const dueMs = Math.max(freeAtMs, nowMs + (options.turnaroundMs ?? 2))
    for (const { bytes, afterMs } of misbehaviour?.(answer) ?? [{ bytes: answer, afterMs: 0 }]) {
      freeAtMs = Math.max(freeAtMs, dueMs + afterMs)
      clock.after(freeAtMs - nowMs, () => void (power && port.write(bytes, 1000)))
    }
  }

  port.onBytes(bytes => {
    forget()
    if (!power) return
    const answer = hearRequest(model, bytes)
    if (answer === undefined) {
      forget = clock.after(FRAME_SILENCE_MS, () => void (model.heard = new Uint8Array(0)))
      return
    }
    for (const { coil, on } of answer.switched) switched(coil, on)
    if (answer.bytes.length === 0) return
    answers += 1
    send(answer.bytes)
  })

  return {
    setContact: (input, closed) => void (model.contacts[input] = closed),
    contact: input => model.contacts[input] === true,
    coil: index => model.coils[index] === true,
    register: register => model.registers.get(register),
    onCoil: listener => void coilListeners.push(listener),
    misbehave: how => void (misbehaviour = how),
    setPower: on => {
      power = on
      model.heard = new Uint8Array(0)
      if (!on)
        model.coils.forEach((was, coil) => {
          model.coils[coil] = false
          if (was) switched(coil, false)
        })
    },
    get answers() {
      return answers
    },
  }
}
