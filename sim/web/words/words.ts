import { computed } from '@preact/signals'
import { language } from '../state/settings.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

export const words = computed(() => (language.value === 'zh' ? zh : en))

export const valueWords = (value: string): string => words.value.values[value] ?? value

export const clockWords = (utcMs: number): string => {
  const t = new Date(utcMs)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`
}
