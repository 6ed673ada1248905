import { computed, signal } from '@preact/signals'
import type {
  ConsultTopic,
  WalkInAnswers,
  WalkInClass,
  WalkInPlace,
  WalkInWhen,
  YesNo,
} from '#protocols/walk-in.ts'
import { phoneOf } from '#protocols/walk-in.ts'
import { sendAlarm, sendCall, sendConsultation, sendReport } from './kiosk-http.ts'
import { language } from './settings.ts'

export type Step =
  | 'attract'
  | 'danger'
  | 'what'
  | 'where'
  | 'when'
  | 'details'
  | 'contact'
  | 'check'
  | 'receipt'
  | 'emergency'
  | 'topics'
  | 'topic'

/** The steps of a report that a visitor counts, in order. */
export const STEPS = ['danger', 'what', 'where', 'when', 'details', 'contact', 'check'] as const

export type Visit = {
  readonly draftId: string
  readonly step: Step
  /** Chosen on the first page where that says what it is about; then `what` is not asked. */
  readonly door: 'report' | 'lost_person' | 'tip_off' | 'complaint'
  readonly class: WalkInClass | null
  readonly place: WalkInPlace | null
  readonly when: WalkInWhen | null
  readonly answers: WalkInAnswers
  readonly words: 'none' | 'typed' | 'officer' | null
  readonly narrative: string
  readonly contact: 'phone' | 'none' | 'anonymous' | null
  readonly phone: string
  readonly name: string
  readonly callback: boolean
  /** Came from the list of answers, and goes back there. */
  readonly checking: boolean
  readonly topic: ConsultTopic | null
  readonly sending: boolean
  /** Why the station did not take it. */
  readonly refused: string | null
  readonly number: string | null
  readonly urgent: boolean
  /** An alarm that nobody has heard yet is sent again until somebody does. */
  readonly alarm: 'none' | 'sending' | 'heard' | 'unheard'
}

const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('')

const begin = (): Visit => ({
  draftId: randomId(),
  step: 'attract',
  door: 'report',
  class: null,
  place: null,
  when: null,
  answers: { injured: 'unknown', weapon: 'unknown', suspectHere: 'unknown', children: 'unknown' },
  words: null,
  narrative: '',
  contact: null,
  phone: '',
  name: '',
  callback: true,
  checking: false,
  topic: null,
  sending: false,
  refused: null,
  number: null,
  urgent: false,
  alarm: 'none',
})

/** Everything a visitor told, in one place, so that forgetting it is one assignment. */
export const visit = signal<Visit>(begin())
export const phoneFits = computed(() => phoneOf(visit.value.phone) !== null)

const change = (told: Partial<Visit>): void => void (visit.value = { ...visit.value, ...told })

export const forget = (): void => void (visit.value = begin())

/** The steps this visit goes through. */
const pathOf = (v: Visit): readonly Step[] => STEPS.filter(step => step !== 'what' || v.door === 'report')

export const stepsOf = (v: Visit) => ({ all: pathOf(v).length, at: pathOf(v).indexOf(v.step) + 1 })

function next(told: Partial<Visit>): void {
  const now = { ...visit.value, ...told }
  const path = pathOf(now)
  const step = now.checking ? 'check' : (path[path.indexOf(now.step) + 1] ?? 'check')
  change({ ...told, step, checking: false, refused: null })
}

export function back(): void {
  const v = visit.value
  if (v.sending) return
  if (v.step === 'topic') return change({ step: 'topics', topic: null })
  if (v.checking) return change({ step: 'check', checking: false })
  const path = pathOf(v)
  const before = path[path.indexOf(v.step) - 1]
  if (before === undefined) leave()
  else change({ step: before, refused: null })
}

export function enter(door: Visit['door'] | 'consult'): void {
  if (door === 'consult') return change({ step: 'topics' })
  change({ door, class: door === 'report' ? null : door, step: 'danger' })
}

export const safe = (): void => next({})
export const chooseClass = (chosen: WalkInClass): void => next({ class: chosen })
export const choosePlace = (place: WalkInPlace): void => next({ place })
export const chooseWhen = (when: WalkInWhen): void => next({ when })
export const answer = (name: keyof WalkInAnswers, said: YesNo): void => {
  const { answers } = visit.value
  change({ answers: { ...answers, [name]: answers[name] === said ? 'unknown' : said } })
}
export const chooseWords = (words: NonNullable<Visit['words']>): void =>
  words === 'typed' ? change({ words }) : next({ words, narrative: '' })
export const write = (narrative: string): void => change({ narrative })
export const written = (): void => next({ words: visit.value.narrative.trim() === '' ? 'none' : 'typed' })
export const chooseContact = (contact: NonNullable<Visit['contact']>): void =>
  contact === 'phone' ? change({ contact }) : next({ contact, phone: '', name: '' })
export const typePhone = (phone: string): void => change({ phone: phone.slice(0, 20) })
export const typeName = (name: string): void => change({ name })
export const allowCallback = (): void => change({ callback: !visit.value.callback })
export const dialled = (): void => {
  if (phoneFits.value) next({})
}
/** Back to where one of several ways was chosen. */
export const unchoose = (what: 'words' | 'contact'): void =>
  change(what === 'words' ? { words: null, narrative: '' } : { contact: null, phone: '' })
export const correct = (step: Step): void => change({ step, checking: true })

export async function submit(): Promise<void> {
  const v = visit.value
  if (v.sending || v.class === null || v.place === null || v.when === null) return
  change({ sending: true, refused: null })
  const told = await sendReport({
    draftId: v.draftId,
    class: v.class,
    place: v.place,
    when: v.when,
    answers: v.answers,
    words: v.words ?? 'none',
    narrative: v.narrative,
    contact: v.contact ?? 'none',
    phone: v.phone,
    name: v.name,
    callback: v.contact === 'phone' && v.callback,
    language: language.value,
  })
  if (visit.value.draftId !== v.draftId) return
  const { accepted, number, code, emergency } = told
  if (accepted && number !== null) {
    // What was told is on its way; the screen keeps the number and nothing else.
    forget()
    return change({
      draftId: v.draftId,
      step: 'receipt',
      class: v.class,
      number,
      urgent: emergency,
      contact: v.contact,
      words: v.words,
    })
  }
  change({ sending: false, refused: code ?? 'STATION_SILENT' })
}

const ALARM_AGAIN_MS = 1_000

/** One touch, no form, never refused. What was typed until then is forgotten. */
export function raiseAlarm(source: 'button' | 'danger'): void {
  if (visit.value.step === 'emergency') return
  forget()
  change({ step: 'emergency', alarm: 'sending' })
  const { draftId } = visit.value
  const send = async (): Promise<void> => {
    const told = await sendAlarm({ draftId, source })
    const heard = told.code !== 'STATION_SILENT'
    if (visit.value.draftId === draftId) change({ alarm: heard ? 'heard' : 'unheard' })
    if (!heard) setTimeout(() => void send(), ALARM_AGAIN_MS)
  }
  void send()
}

export const callOfficer = (): void => void sendCall()

export function ask(topic: ConsultTopic): void {
  change({ step: 'topic', topic })
  void sendConsultation(topic)
}

/** Set by `wipe.ts`; here so that going back from the first step leaves in the same way. */
let leaving = (): void => {}
export const onLeave = (run: () => void): void => void (leaving = run)
export const leave = (): void => leaving()
