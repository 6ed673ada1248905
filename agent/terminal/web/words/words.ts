import { computed } from '@preact/signals'
import { language } from '../state/settings.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

/** The words of the language in use; a component that reads it is drawn again when the language changes. */
export const words = computed(() => (language.value === 'zh' ? zh : en))

/** `42秒`, `3分5秒`, `1小时20分`: coarse enough to be read at a glance. */
export function ageWords(ageMs: number): string {
  const { age } = words.value
  const seconds = Math.floor(Math.max(0, ageMs) / 1000)
  if (seconds < 60) return age.seconds(seconds)
  if (seconds < 600) return age.minutes(Math.floor(seconds / 60), seconds % 60)
  if (seconds < 3600) return age.minutes(Math.floor(seconds / 60), 0)
  if (seconds < 86_400) return age.hours(Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60))
  return age.days(Math.floor(seconds / 86_400))
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `02:13:45` in the zone of the car. */
export const timeWords = (utcMs: number): string => {
  const time = new Date(utcMs)
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

/** `80 米`, `650 米`, `1.2 公里`, `14 公里`: as exact as a driver can use. */
export function distanceWords(metres: number): string {
  const w = words.value
  if (metres < 1000) return w.metres(Math.round(metres / 10) * 10)
  return w.kilometres(metres < 10_000 ? (metres / 1000).toFixed(1) : String(Math.round(metres / 1000)))
}

/** One of eight winds; degrees clockwise from north. */
export const directionWords = (bearingDeg: number): string => {
  const { direction, directions } = words.value
  return direction(directions[Math.round((((bearingDeg % 360) + 360) % 360) / 45) % 8]!)
}

export const refusalWords = (code: string): string => words.value.codes[code] ?? words.value.failed(code)
