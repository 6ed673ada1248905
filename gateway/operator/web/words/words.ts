import { computed } from '@preact/signals'
import { ERROR_CODES } from '#protocols/errors.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import type { Condition } from '#protocols/operator.ts'
import { language } from '../state/settings.ts'
import { en } from './en.ts'
import { FAULTS_ZH } from './faults-zh.ts'
import { zh } from './zh.ts'

/** The words of the language in use; a component that reads it is drawn again when the language changes. */
export const words = computed(() => (language.value === 'zh' ? zh : en))

/** One unit is enough for an operator: `42秒`, `3分`, `2小时`. */
export function ageWords(ageMs: number): string {
  const { age } = words.value
  const seconds = Math.floor(Math.max(0, ageMs) / 1000)
  if (seconds < 60) return age.seconds(seconds)
  if (seconds < 3600) return age.minutes(Math.floor(seconds / 60))
  if (seconds < 86_400) return age.hours(Math.floor(seconds / 3600))
  return age.days(Math.floor(seconds / 86_400))
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `182 MiB`, `1.4 GiB`. */
export function bytesWords(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}

/** Milliseconds with as many digits as say something: `0.8`, `12`, `1,204`. */
export const millisOf = (seconds: number): string => {
  const ms = seconds * 1000
  return ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en')
}

/** `11-24 08:13` in the zone of the desk. */
export const timeWords = (utc: string): string => {
  const t = new Date(utc)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}`
}

export const clockWords = (utcMs: number): string => {
  const t = new Date(utcMs)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`
}

export const whatWords = ({ code, value, about }: Condition): string =>
  words.value.conditions[code].what(value ?? 0, about)
export const nextWords = ({ code, about }: Condition): string => words.value.conditions[code].next(about)

/** What a person can do about a refused request, by the gateway's stable code. */
export const refusalWords = ({ code, detail }: { readonly code: string; readonly detail: string }): string =>
  words.value.codes[code] ?? `${words.value.failed(code)} ${detail.slice(0, 120)}`

/** What a driver's fault means and what to do; a code this version does not know keeps the words of its driver. */
export function faultWords({ code, detail }: { readonly code: string; readonly detail: string }): string {
  const known = code as ErrorCode
  return (language.value === 'zh' ? FAULTS_ZH[known] : undefined) ?? ERROR_CODES[known] ?? detail
}
