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

export const agoWords = (ageMs: number): string =>
  ageMs < 2000 ? words.value.age.now : words.value.age.ago(ageWords(ageMs))

/** `2:05`, `12:40`, `1:02:05`: what counts down or is compared down a column. */
export function clockWords(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** `08:13:45` in the zone of the desk. */
export const timeWords = (utc: string | number): string => {
  const time = new Date(utc)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

export const dateWords = (utcMs: number): string =>
  new Intl.DateTimeFormat(language.value === 'zh' ? 'zh-CN' : 'en-GB', {
    month: 'short',
    day: 'numeric',
    weekday: 'short',
  }).format(utcMs)

/** `2026/8/30`: a day that may be of another year. */
export const yearDateWords = (utcMs: number): string =>
  new Intl.DateTimeFormat(language.value === 'zh' ? 'zh-CN' : 'en-GB', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  }).format(utcMs)

/** `640 米`, `2.4 公里`. */
export const kilometreWords = (metres: number): string =>
  metres < 1000
    ? words.value.metres(Math.round(metres / 10) * 10)
    : words.value.kilometres((metres / 1000).toFixed(1))

/** What a person can do about a refused request, by the gateway's stable code. */
export const refusalWords = ({ code, detail }: { readonly code: string; readonly detail: string }): string =>
  words.value.codes[code] ?? `${words.value.failed(code)} ${detail.slice(0, 120)}`
