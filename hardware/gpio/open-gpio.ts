import type { PanelLife } from '#protocols/equipment.ts'
import { fault } from '#protocols/result.ts'
import type { Fault } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { InputListener, InputSource } from '../inputs/input-source.ts'
import type { Following, Tools } from '../tools.ts'
import { advanceGpio, initialGpio } from './gpio-lines.ts'
import type { GpioEvent, GpioWire } from './gpio-lines.ts'
import { gpiogetArgs, gpiomonArgs, majorOf, readEdge, readLevels } from './gpio-text.ts'

export type FittedGpio = { readonly chip: string; readonly inputs: readonly GpioWire[] }

const RETRY_MS = 5_000
/**
 * A line that is watched cannot be read (the kernel gives it to one program): an edge between the reading and the
 * watching is not seen. So everything is read anew this often.
 */
const REREAD_MS = 30_000

/**
 * Lines of the computer itself as inputs: read once with `gpioget`, then watched with `gpiomon`. Without the tools or
 * the chip the source is `no_device` and says why; it tries again for as long as it takes.
 */
export function openGpio(
  tools: Tools,
  { chip, inputs }: FittedGpio,
  clock: Clock,
  listener: InputListener,
): InputSource {
  const state = initialGpio(inputs, clock.now().monoMs)
  const offsets = inputs.map(({ input }) => input)
  let life: PanelLife = 'no_device'
  let told = ''
  let watch: Following | undefined
  let closed = false
  let cancelWake = (): void => {}
  let cancelRound = (): void => {}

  const feed = (event: GpioEvent): void => {
    if (closed) return
    cancelWake()
    for (const effect of advanceGpio(state, event, clock.now().monoMs, inputs))
      if (effect.type === 'input') listener.onInput(effect.channel, effect.value, clock.now())
      else cancelWake = clock.after(effect.atMs - clock.now().monoMs, () => feed({ type: 'tick' }))
  }
  const report = (next: PanelLife, why?: Fault): void => {
    if (next === life && (why?.detail ?? '') === told) return
    life = next
    told = why?.detail ?? ''
    listener.onState(next, clock.now(), why)
  }
  const fail = (why: Fault): void => {
    if (closed) return
    watch = undefined
    report('no_device', why)
    feed({ type: 'lost' })
    cancelRound()
    cancelRound = clock.after(RETRY_MS, () => void round())
  }
  const round = async (): Promise<void> => {
    watch?.stop()
    watch = undefined
    feed({ type: 'lost' })
    const version = await tools.run('gpiomon', ['--version'])
    if (!version.ok) return fail(version)
    const major = majorOf(version.value)
    const printed = await tools.run('gpioget', gpiogetArgs(major, chip, offsets))
    if (closed) return
    if (!printed.ok) return fail(printed)
    const high = readLevels(printed.value, offsets.length)
    if (high === undefined) return fail(fault('TOOL_FAILED', `gpioget: ${printed.value.slice(0, 100)}`))
    watch = tools.follow('gpiomon', gpiomonArgs(major, chip, offsets), {
      onLine: line => {
        const edge = readEdge(line)
        if (edge !== undefined) feed({ type: 'edge', ...edge })
      },
      onEnd: fail,
    })
    feed({ type: 'levels', high })
    report('ok')
    cancelRound = clock.after(REREAD_MS, () => void round())
  }

  void round()
  return {
    close: () => {
      closed = true
      cancelWake()
      cancelRound()
      watch?.stop()
    },
  }
}
