import { signal } from '@preact/signals'

/** Browsers allow sound only after a first touch; the page says so until then. */
export const audible = signal(false)

let audio: AudioContext | null = null

export function startTone(): void {
  const wake = (): void => {
    try {
      audio ??= new AudioContext()
      void audio.resume().then(
        () => (audible.value = audio?.state === 'running'),
        () => undefined,
      )
    } catch {
      // A computer without a sound card shows its orders all the same.
    }
  }
  addEventListener('pointerdown', wake, { once: true })
  addEventListener('keydown', wake, { once: true })
}

const MELODIES = { new: [784, 1047, 1319], cancelled: [659, 440] } as const

/** Rising for a new order, falling for one taken back, so that ears know before eyes do. Panic makes no sound ever. */
export function chime(news: keyof typeof MELODIES): void {
  if (audio === null || audio.state !== 'running') return
  for (const [n, hertz] of MELODIES[news].entries()) {
    const from = audio.currentTime + n * 0.18
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0.0001, from)
    volume.gain.exponentialRampToValueAtTime(0.3, from + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.3)
    tone.connect(volume).connect(audio.destination)
    tone.start(from)
    tone.stop(from + 0.32)
  }
}
