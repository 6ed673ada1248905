import { computed } from '@preact/signals'
import { ERROR_CODES } from '#protocols/errors.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import { language } from '../state/settings.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

/** The words of the language in use; a component that reads it is drawn again when the language changes. */
export const words = computed(() => (language.value === 'zh' ? zh : en))

/** What to do about a fault, in one sentence. */
export function remedyWords(code: string): string {
  const own = words.value.remedies[code]
  return own ?? ERROR_CODES[code as ErrorCode] ?? words.value.failed(code)
}

/** Four by four, so that two people can compare it over the telephone. */
export const grouped = (fingerprint: string): readonly string[] => fingerprint.match(/.{1,4}/g) ?? []

/** `0.3 s`, `-2.1 s`, `3 h 12 min`. */
export function offsetWords(ms: number): string {
  const size = Math.abs(ms)
  const sign = ms < 0 ? '−' : '+'
  if (size < 60_000) return `${sign}${(size / 1000).toFixed(1)} s`
  const minutes = Math.round(size / 60_000)
  return minutes < 120 ? `${sign}${minutes} min` : `${sign}${Math.round(minutes / 60)} h`
}
