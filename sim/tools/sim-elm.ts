import type { Port } from '#hardware/port.ts'
import type { Clock } from '#protocols/time.ts'
import { answerObd } from './sim-tools.ts'
import type { SimEcu } from './sim-tools.ts'

/** An ELM327 thinks for about as long before it answers, and for so long before it gives up. */
const THINK_MS = 30
const GIVE_UP_MS = 200
const WRITE_MS = 1_000

/** An OBD adapter of the ELM327 kind at one end of a line, plugged into a car's computer. */
export function attachElm(port: Port, clock: Clock, ecu: SimEcu): void {
  let heard = ''
  const say = (words: string, afterMs: number): void =>
    void clock.after(afterMs, () => void port.write(new TextEncoder().encode(`${words}\r\r>`), WRITE_MS))
  port.onBytes(bytes => {
    heard += new TextDecoder('latin1').decode(bytes)
    const end = heard.indexOf('\r')
    if (end < 0) return
    const line = heard.slice(0, end).replaceAll(' ', '').toUpperCase()
    heard = ''
    // Measured at the plug, so it is told also while the computers sleep.
    if (line === 'ATRV') return say(`${ecu.volts.toFixed(1)}V`, THINK_MS)
    if (line.startsWith('AT')) return say('OK', THINK_MS)
    const asked = /^01([0-9A-F]{2})/.exec(line)
    if (!asked) return say('?', THINK_MS)
    const frame = answerObd(ecu, Uint8Array.of(2, 1, parseInt(asked[1]!, 16)))
    if (frame === undefined) return say('NO DATA', GIVE_UP_MS)
    const data = frame.subarray(1, 1 + frame[0]!)
    say([...data].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(''), THINK_MS)
  })
}
