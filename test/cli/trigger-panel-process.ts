import { openRealClock } from '#sim/clock/real-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import type { FromPanel, ToPanel } from './trigger-panel.ts'

/*
 * The module at the other end of the wire, in a process of its own (`trigger-panel.ts` starts it): it has its own time, as
 * a module has, whatever the agent is busy with. Byte times of the line are kept here too.
 */
const [baud, camera] = process.argv.slice(2).map(Number) as [number, number]
/** A camera begins to record this long after its contact closed. */
const CAMERA_STARTS_MS = 60

const say = (message: FromPanel): void => void process.send?.(message)
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

const clock = openRealClock()
const line = createMemoryLine(clock, { path: 'panel', baud })
const panel = attachPanel(line.peer, clock)
panel.onCoil((_coil, on) => {
  say({ type: 'coil', on, atMs: nowMs() })
  if (on) clock.after(CAMERA_STARTS_MS, () => panel.setContact(camera, true))
})

const opened = await line.open('panel', { baud })
if (!opened.ok) throw new Error(opened.detail)
opened.value.onBytes(bytes => say({ type: 'bytes', bytes }))

process.on('message', (message: ToPanel) => {
  if (message.type === 'bytes') return void opened.value.write(message.bytes, 1_000)
  panel.setContact(message.input, message.closed)
  say({ type: 'contact', atMs: nowMs() })
})
process.on('disconnect', () => process.exit(0))
say({ type: 'ready' })
