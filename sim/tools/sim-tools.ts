import { PIDS, candumpLine, readCandump } from '#hardware/obd/obd.ts'
import type { Pid } from '#hardware/obd/obd.ts'
import type { Tools } from '#hardware/tools.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Fault } from '#protocols/result.ts'

/** The engine's computer: what it would answer. Asleep it answers nothing, as with the ignition off. */
export type SimEcu = { awake: boolean; speedKmh: number; rpm: number; volts: number }

/** Answers one question as the bytes of one frame; undefined when asleep, or when it is not for us to answer. */
export function answerObd(ecu: SimEcu, data: Uint8Array): Uint8Array | undefined {
  if (!ecu.awake || data[1] !== 1) return undefined
  const pid = PIDS.find(known => known === data[2])
  if (pid === undefined) return Uint8Array.of(3, 0x7f, 1, 0x12, 0xaa, 0xaa, 0xaa, 0xaa)
  const value = valueOf(ecu, pid)
  const frame = new Uint8Array(8).fill(0xaa)
  frame.set([2 + value.length, 0x41, pid, ...value])
  return frame
}

const word = (value: number): number[] => [(Math.round(value) >> 8) & 0xff, Math.round(value) & 0xff]
function valueOf(ecu: SimEcu, pid: Pid): number[] {
  switch (pid) {
    case 0x0d:
      return [Math.min(255, Math.round(ecu.speedKmh))]
    case 0x0c:
      return word(ecu.rpm * 4)
    case 0x42:
      return word(ecu.volts * 1000)
  }
}

/** What the stand-ins for gpiod and can-utils stand before: lines of a chip, and a computer on a bus. */
export type SimTools = Tools & {
  readonly ecu: SimEcu
  /** Another's frame on the bus, or a line of noise. */
  say(line: string): void
  setLine(offset: number, high: boolean): void
  /** Takes a program away, as when its chip or interface goes; null brings it back. */
  refuse(name: string, why: Fault | null): void
}

type Ear = {
  readonly name: string
  readonly args: readonly string[]
  onLine(line: string): void
  onEnd(why: Fault): void
}

/** gpioget, gpiomon (1.6), candump and canplayer as they print and listen, before devices in memory. */
export function createSimTools(chip = 'gpiochip0', bus = 'can0'): SimTools {
  const ecu: SimEcu = { awake: true, speedKmh: 0, rpm: 800, volts: 13.8 }
  const high = new Map<number, boolean>()
  const refused = new Map<string, Fault>()
  const ears = new Set<Ear>()
  const tell = (name: string, line: string, mine: (ear: Ear) => boolean = () => true): void => {
    for (const ear of [...ears]) if (ear.name === name && mine(ear)) ear.onLine(line)
  }
  const hearSent = (line: string): void => {
    const frame = readCandump(line)
    const data = frame?.id === 0x7df ? answerObd(ecu, frame.data) : undefined
    if (data) tell('candump', candumpLine(bus, { id: 0x7e8, data }))
  }
  return {
    ecu,
    say: line => tell('candump', line),
    setLine: (offset, level) => {
      if ((high.get(offset) ?? false) === level) return
      high.set(offset, level)
      tell('gpiomon', `${level ? 1 : 0} ${offset}`, ({ args }) => args.slice(4).includes(String(offset)))
    },
    refuse: (name, why) => {
      if (why === null) return void refused.delete(name)
      refused.set(name, why)
      for (const ear of [...ears]) {
        if (ear.name !== name) continue
        ears.delete(ear)
        ear.onEnd(why)
      }
    },
    run: (name, args) => {
      const why = refused.get(name)
      if (why) return Promise.resolve(why)
      if (name === 'gpiomon') return Promise.resolve(ok('gpiomon (libgpiod) v1.6.3\n'))
      if (name !== 'gpioget' || args[0] !== chip)
        return Promise.resolve(fault('TOOL_FAILED', `${name}: cannot find GPIO chip ${args[0]}`))
      const words = args.slice(1).map(offset => ((high.get(Number(offset)) ?? false) ? '1' : '0'))
      return Promise.resolve(ok(`${words.join(' ')}\n`))
    },
    follow: (name, args, { onLine, onEnd }) => {
      const ear: Ear = { name, args, onLine, onEnd }
      const why = refused.get(name)
      if (why) queueMicrotask(() => onEnd(why))
      else ears.add(ear)
      return {
        say: line => void (ears.has(ear) && name === 'canplayer' && hearSent(line)),
        stop: () => void ears.delete(ear),
      }
    },
  }
}
