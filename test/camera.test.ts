import { describe, expect, it } from 'vitest'
import { contactCamera, openNetworkCamera } from '#agent/bodycam/camera.ts'
import { advanceCameras, initialCameras } from '#agent/bodycam/camera-core.ts'
import type { OpenCameraLine } from '#agent/bodycam/camera-line.ts'
import { CameraAddress } from '#agent/bodycam/camera-words.ts'
import { openPanel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { ChannelValue } from '#protocols/equipment.ts'
import { attachCamera } from '#sim/camera/camera.ts'
import { createCameraBody } from '#sim/camera/camera-body.ts'
import { serveCamera } from '#sim/camera/camera-server.ts'
import { memoryCameraLine } from '#sim/camera/memory-camera-line.ts'
import { createNetworkCamera } from '#sim/camera/network-camera.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { describeCamera } from './contracts/camera.ts'
import type { CameraBench } from './contracts/camera.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The network is real and has no clock of ours: after each ten milliseconds it gets its turns. */
const STEP_MS = 10
const TURNS = 6

describeCamera('a dry contact', async () => {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock)
  const sim = attachPanel(line.peer, clock)
  const body = attachCamera(sim, clock, { follows: 'pulse' })
  const heard: ChannelValue[] = []
  const opened = await line.open(line.path, { baud: 38_400 })
  if (!opened.ok) throw new Error(opened.detail)
  const panel = openPanel(opened.value, clock, factoryProfile(), {
    onInput: (channel, value) => void (channel === 'camera_recording' && heard.push(value)),
    onState: () => {},
  })
  return {
    ...{ body, heard, refused: [], network: null },
    camera: contactCamera((output, on) => void panel.setOutput(output, on)),
    pass: ms => Promise.resolve(void clock.runUntil(clock.now().monoMs + ms)),
    dispose: () => Promise.resolve(panel.close()),
  }
})

for (const kind of ['udp', 'tcp', 'http', 'memory'] as const)
  describeCamera(kind === 'memory' ? 'a simulated network' : `a network, by ${kind.toUpperCase()}`, () =>
    networkBench(kind),
  )

async function networkBench(kind: 'udp' | 'tcp' | 'http' | 'memory'): Promise<CameraBench> {
  const clock = openVirtualClock()
  const body = createCameraBody(clock)
  const network = createNetworkCamera(body, 'cam-07')
  const server = kind === 'memory' ? null : await serveCamera(kind, network, clock)
  const heard: ChannelValue[] = []
  const refused: string[] = []
  let minted = 0
  const openLine: { readonly openLine?: OpenCameraLine } =
    server === null ? { openLine: memoryCameraLine(network) } : {}
  const camera = openNetworkCamera(
    {
      kind: kind === 'memory' ? 'udp' : kind,
      address: server?.address ?? '127.0.0.1:9',
      cameraIds: ['cam-07'],
    },
    { clock, log: QUIET, mint: bytes => (++minted).toString(16).padStart(bytes * 2, '0'), ...openLine },
    { onRecording: value => void heard.push(value), onRefused: (_, code) => void refused.push(code) },
  )
  const settle = async (): Promise<void> => {
    for (let i = 0; i < TURNS; i += 1) await turn()
  }
  // Before the first question is answered, nothing is known: not yet a word of the camera.
  heard.length = 0
  return {
    ...{ camera, body, heard, refused },
    network: Object.assign(network, { counts: camera.counts, drop: () => server?.drop() }),
    pass: async ms => {
      for (let left = ms; left > 0; left -= STEP_MS) {
        clock.runUntil(clock.now().monoMs + Math.min(STEP_MS, left))
        await settle()
      }
    },
    dispose: async () => {
      await camera.close()
      await server?.close()
    },
  }
}

describe('the cameras of a car', () => {
  it('are off when one of two does not record, and on when both do', () => {
    const state = initialCameras(['cam-1', 'cam-2'], 0)
    const words: ChannelValue[] = []
    const bytes = { 'cam-1': 0, 'cam-2': 0 }
    const recording = new Set<string>()
    let nowMs = 0
    const feed = (event: Parameters<typeof advanceCameras>[1]): void => {
      for (const effect of advanceCameras(state, event, nowMs, () => '00000000')) {
        if (effect.type === 'recording') words.push(effect.value)
        if (effect.type !== 'send') continue
        const { cameraId, nonce } = effect.question
        bytes[cameraId as 'cam-1'] += 10
        const said = { recording: recording.has(cameraId), bytes: bytes[cameraId as 'cam-1'] }
        const answer = { v: 1, op: 'ack', cameraId, nonce, accepted: true, ...said }
        feed({ type: 'text', generation: 1, text: JSON.stringify(answer) })
      }
    }
    const pass = (ms: number): void => {
      for (const end = nowMs + ms; nowMs < end; nowMs += 50) feed({ type: 'tick' })
    }
    feed({ type: 'opened', generation: 1 })
    recording.add('cam-1')
    pass(3000)
    recording.add('cam-2')
    pass(3000)
    expect(words.at(-1)).toBe('on')
    expect(words.slice(0, -1)).not.toContain('on')
    expect(words).toContain('off')
  })

  it('believe no text that is not an answer', () => {
    const state = initialCameras(['cam-1'], 0)
    advanceCameras(state, { type: 'opened', generation: 1 }, 0, () => '00000000')
    for (const text of ['', '{', 'null', '{"v":1}', '[]', 'x'.repeat(2000)])
      advanceCameras(state, { type: 'text', generation: 1, text }, 1, () => '00000000')
    expect(state.counts).toMatchObject({ broken: 6, answered: 0 })
  })

  it.each([
    ['127.0.0.1:4810', true],
    ['10.1.2.3:1', true],
    ['172.20.0.9:80', true],
    ['192.168.7.20:4810', true],
    ['172.32.0.9:80', false],
    ['8.8.8.8:4810', false],
    ['192.168.7.300:4810', false],
    ['192.168.7.20', false],
    ['192.168.7.20:99999', false],
    ['camera.example:80', false],
  ])('live in the car’s own network: %s %s', (address, fits) => {
    expect(CameraAddress.safeParse(address).success).toBe(fits)
  })
})
