import type { Fault } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { ReopeningPort } from '../reopening-port.ts'
import type { Following, Tools } from '../tools.ts'
import {
  ELM_VOLTS,
  OBD_ANSWER_ID,
  OBD_ASK_ID,
  candumpLine,
  elmRequest,
  obdRequest,
  readCandump,
  readElm,
  readObdFrame,
} from './obd.ts'
import type { ObdReply, Pid } from './obd.ts'

/** A way to the car's computers: a CAN interface of this computer, or an adapter on a serial line. */
export type ObdLine = { ask(pid: Pid): void; close(): void | Promise<void> }
export type ObdEars = {
  onReply(reply: ObdReply): void
  /** Volts as the adapter measures them; says nothing of the car's computers. */
  onVolts(volts: number): void
  /** `why` when it is not. */
  onLine(open: boolean, why?: Fault): void
}
export type OpenObdLine = (clock: Clock, ears: ObdEars) => ObdLine

const RETRY_MS = 5_000

/** SocketCAN through can-utils: `candump` listens, `canplayer` sends what it is told. Nothing but answers is listened to. */
export const canLine =
  (tools: Tools, bus: string): OpenObdLine =>
  (clock, ears) => {
    let running: { readonly ear: Following; readonly mouth: Following } | undefined
    let closed = false
    let cancel = (): void => {}
    const stop = (): void => {
      running?.ear.stop()
      running?.mouth.stop()
      running = undefined
    }
    const start = (): void => {
      let failed = false
      const onEnd = (why: Fault): void => {
        if (failed || closed) return
        failed = true
        stop()
        ears.onLine(false, why)
        cancel = clock.after(RETRY_MS, start)
      }
      const onLine = (line: string): void => {
        const frame = readCandump(line)
        const reply = frame && readObdFrame(frame.id, frame.data)
        if (reply) ears.onReply(reply)
      }
      const filter = `${bus},${OBD_ANSWER_ID.toString(16)}:7F8`
      const ear = tools.follow('candump', ['-L', filter], { onLine, onEnd })
      const mouth = tools.follow('canplayer', ['-t', `${bus}=${bus}`], { onLine: () => {}, onEnd })
      running = { ear, mouth }
      ears.onLine(true)
    }
    start()
    return {
      ask: pid => running?.mouth.say(candumpLine(bus, { id: OBD_ASK_ID, data: obdRequest(pid) })),
      close: () => {
        closed = true
        cancel()
        stop()
      },
    }
  }

const WRITE_MS = 200
/** An adapter that keeps its prompt back for longer has lost the question. */
const PROMPT_MS = 2_000
const HEARD_CHARS_MAX = 512
/** Echo, spaces and line feeds off; find the protocol yourself; and the volts, which a start in the cold waits for. */
const ELM_SETUP = ['ATE0\r', 'ATS0\r', 'ATL0\r', 'ATSP0\r', ELM_VOLTS] as const
/** The question about volts goes to the adapter itself while the car's computers sleep. */
const PID_VOLTS = 0x42

/** An ELM327 or one of its kind on a serial line: it answers each question and then prints `>`. */
export const elmLine =
  (openPort: (clock: Clock) => ReopeningPort): OpenObdLine =>
  (clock, ears) => {
    const port = openPort(clock)
    let setup: string[] = [...ELM_SETUP]
    let heard = ''
    let isAsleep = false
    let askedMs = -Infinity
    const say = (words: string): void => {
      heard = ''
      askedMs = clock.now().monoMs
      void port.write(new TextEncoder().encode(words), WRITE_MS)
    }
    port.onState((state, why) => {
      setup = [...ELM_SETUP]
      askedMs = -Infinity
      ears.onLine(state === 'open', why)
    })
    port.onBytes(bytes => {
      heard = (heard + new TextDecoder('latin1').decode(bytes)).slice(-HEARD_CHARS_MAX)
      if (!heard.includes('>')) return
      const answer = readElm(heard.slice(0, heard.indexOf('>')))
      heard = ''
      askedMs = -Infinity
      if (answer.is === 'volts') return ears.onVolts(answer.volts)
      if (answer.is !== 'unclear') isAsleep = answer.is === 'nobody'
      if (answer.is === 'replies') for (const reply of answer.replies) ears.onReply(reply)
    })
    return {
      ask: pid => {
        if (clock.now().monoMs < askedMs + PROMPT_MS) return
        say(setup.shift() ?? (isAsleep && pid === PID_VOLTS ? ELM_VOLTS : elmRequest(pid)))
      },
      close: () => port.close(),
    }
  }
