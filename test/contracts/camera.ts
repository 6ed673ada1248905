import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Camera } from '#agent/bodycam/camera.ts'
import type { CameraCounts } from '#agent/bodycam/camera-core.ts'
import type { ChannelValue } from '#protocols/equipment.ts'
import type { CameraBody } from '#sim/camera/camera-body.ts'
import type { NetworkCamera } from '#sim/camera/network-camera.ts'

/** An adapter under test and the camera at its far end. */
export type CameraBench = {
  readonly camera: Camera
  readonly body: CameraBody
  /** Every word told, newest last. */
  readonly heard: ChannelValue[]
  readonly refused: string[]
  /** Of an adapter over a network. */
  readonly network: (NetworkCamera & { readonly counts: Readonly<CameraCounts>; drop(): void }) | null
  /** Lets time pass on the simulated clock. */
  pass(ms: number): Promise<void>
  dispose(): Promise<void>
}

/** The promises of `agent/bodycam/camera.ts`, kept by every adapter. */
export function describeCamera(name: string, setUp: () => Promise<CameraBench>): void {
  describe(`a camera on ${name}`, () => {
    let bench: CameraBench
    beforeEach(async () => {
      bench = await setUp()
      await bench.pass(600)
    })
    afterEach(() => bench.dispose())

    const start = (activationId = 'act-1'): void => {
      bench.camera.contact(true)
      bench.camera.order({ order: 'start', activationId })
    }
    const ends = (): number => bench.body.log.filter(deed => deed.what === 'ended').length

    it('is off before anybody asked for anything', () => {
      expect(bench.heard).toEqual(['off'])
    })

    it('records when it is told to, and says so within two seconds', async () => {
      start()
      await bench.pass(2_000)
      expect(bench.heard).toEqual(['off', 'on'])
      expect(bench.body.startedBy).toBe('trigger')
    })

    it('does not record twice when it is told twice', async () => {
      start()
      await bench.pass(100)
      start()
      await bench.pass(2_000)
      start()
      await bench.pass(2_000)
      expect(bench.body.log).toHaveLength(1)
    })

    it('is not believed to record while it sleeps', async () => {
      bench.body.setMode('asleep')
      start()
      await bench.pass(4_000)
      expect(bench.heard).not.toContain('on')
      expect(bench.body.recording).toBe(false)
    })

    it('tells what its officer starts and stops, and an order in between ends nothing', async () => {
      bench.body.press()
      await bench.pass(1_500)
      expect(bench.heard.at(-1)).toBe('on')
      start()
      await bench.pass(3_000)
      expect(ends()).toBe(0)
      expect(bench.body.startedBy).toBe('officer')
      bench.body.press()
      await bench.pass(1_500)
      expect(bench.heard.at(-1)).toBe('off')
    })

    it('is woken by its officer after it slept through an order', async () => {
      bench.body.setMode('asleep')
      start()
      await bench.pass(2_500)
      bench.body.press()
      await bench.pass(3_500)
      expect(bench.heard.at(-1)).toBe('on')
      expect(bench.body.startedBy).toBe('officer')
    })

    it('is not believed when it takes the order and does not record', async () => {
      bench.body.setMode('lies-started')
      start()
      await bench.pass(4_000)
      expect(bench.heard).toEqual(['off'])
    })

    it('may be late', async () => {
      bench.body.setMode('late')
      start()
      await bench.pass(1_000)
      expect(bench.heard).toEqual(['off'])
      await bench.pass(1_500)
      expect(bench.heard.at(-1)).toBe('on')
    })

    it('does not stay on when its card is full', async () => {
      bench.body.setMode('nack')
      start()
      await bench.pass(3_000)
      expect(bench.heard.at(-1)).toBe('off')
      expect(bench.refused).toEqual(bench.network === null ? [] : ['CARD_FULL'])
    })

    it('is not on while it restarts, and can be told again afterwards', async () => {
      start()
      await bench.pass(1_500)
      bench.body.reboot()
      await bench.pass(1_700)
      expect(bench.heard.at(-1)).not.toBe('on')
      await bench.pass(1_500)
      bench.camera.contact(false)
      await bench.pass(200)
      start('act-2')
      await bench.pass(2_000)
      expect(bench.heard.at(-1)).toBe('on')
    })

    it('says nothing after it was closed, and may be closed twice', async () => {
      await bench.camera.close()
      await bench.camera.close()
      bench.heard.length = 0
      start()
      bench.body.press()
      await bench.pass(3_000)
      expect(bench.network === null ? [] : bench.heard).toEqual([])
    })

    const networked = (title: string, run: (network: NonNullable<CameraBench['network']>) => Promise<void>) =>
      it(title, async context => {
        if (bench.network === null) return context.skip('a contact has no words')
        await run(bench.network)
      })

    networked('does not believe a camera of another car', async network => {
      network.answersAs = 'cam-99'
      await bench.pass(1_000)
      start()
      bench.body.press()
      await bench.pass(3_000)
      expect(bench.heard).toEqual(['off', 'unknown'])
      expect(network.counts.foreign).toBeGreaterThan(0)
    })

    networked('does not believe a recording that does not grow', async network => {
      bench.body.setMode('lies-recording')
      start()
      await bench.pass(5_000)
      expect(bench.heard).toEqual(['off'])
      expect(network.activations).toEqual(['act-1'])
    })

    networked('counts answers that come too late and believes none of them', async network => {
      network.answerMs = 400
      bench.body.press()
      await bench.pass(5_000)
      expect(bench.heard).not.toContain('on')
      expect(network.counts.stray).toBeGreaterThan(0)
      network.answerMs = 20
      await bench.pass(2_500)
      expect(bench.heard.at(-1)).toBe('on')
    })

    networked('marks the recording that runs', async network => {
      bench.body.press()
      bench.camera.order({ order: 'mark', activationId: 'act-7' })
      await bench.pass(500)
      expect(network.marks).toEqual(['act-7'])
    })

    networked('goes on after its connections were dropped', async network => {
      network.drop()
      start()
      await bench.pass(2_000)
      expect(bench.heard.at(-1)).toBe('on')
    })
  })
}
