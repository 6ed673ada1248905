import { computed } from '@preact/signals'
import { language } from '../state/settings.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'
import type { Words } from './zh.ts'

/** The words of the language in use; a component that reads it is drawn again when the language changes. */
export const words = computed<Words>(() => (language.value === 'zh' ? zh : en))
