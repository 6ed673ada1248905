import { effect } from '@preact/signals'
import { ringing } from './picture.ts'

const AGAIN_MS = 4_000

/**
 * Two short tones for an unacknowledged panic, again every four seconds. Browsers allow sound after the first click or
 * key on the page; the strip on the screen does not depend on it.
 */
export function startAlarmTone(): void {
  let audio: AudioContext | null = null
  let timer: ReturnType<typeof setInterval> | undefined
  addEventListener('pointerdown', () => (audio ??= new AudioContext()), { once: true })
  addEventListener('keydown', () => (audio ??= new AudioContext()), { once: true })

  effect(() => {
    clearInterval(timer)
    if (!ringing.value.some(({ view }) => view.kind === 'panic')) return
    ring(audio)
    timer = setInterval(() => ring(audio), AGAIN_MS)
  })
}

function ring(audio: AudioContext | null): void {
  if (audio === null || audio.state !== 'running') return
  for (const [n, hertz] of [880, 660].entries()) {
    const from = audio.currentTime + n * 0.22
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0.0001, from)
    volume.gain.exponentialRampToValueAtTime(0.25, from + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.2)
    tone.connect(volume).connect(audio.destination)
    tone.start(from)
    tone.stop(from + 0.22)
  }
}
