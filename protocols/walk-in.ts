import { z } from 'zod'
import type { IncidentClass, Severity } from './incident.ts'

/*
 * What a visitor tells a kiosk at a duty station, and where it goes. No name, phone or story is in here: those travel
 * sealed (`sealed.ts`) inside the record.
 */

/** What happened, as a visitor sees it. `lost_person`, `tip_off` and `complaint` have doors of their own on the first page. */
export const WalkInClass = z.enum([
  'injury',
  'theft',
  'vice',
  'fraud',
  'help',
  'dispute',
  'traffic',
  'lost_person',
  'other',
  'tip_off',
  'complaint',
])
export type WalkInClass = z.infer<typeof WalkInClass>

/** `now`: it goes on, or was within three hours. */
export const WalkInWhen = z.enum(['now', 'today', 'earlier', 'unknown'])
export type WalkInWhen = z.infer<typeof WalkInWhen>

export const YesNo = z.enum(['yes', 'no', 'unknown'])
export type YesNo = z.infer<typeof YesNo>

/** The four questions that decide how fast somebody must go; never obligatory. */
export const WalkInAnswers = z.strictObject({
  injured: YesNo,
  weapon: YesNo,
  suspectHere: YesNo,
  children: YesNo,
})
export type WalkInAnswers = z.infer<typeof WalkInAnswers>
export const ANSWERS = ['injured', 'weapon', 'suspectHere', 'children'] as const

export const WalkInPlace = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('here') }),
  z.strictObject({
    kind: z.literal('landmark'),
    name: z.string().min(1).max(80),
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
  }),
  z.strictObject({ kind: z.literal('unknown') }),
])
export type WalkInPlace = z.infer<typeof WalkInPlace>

export const KioskLanguage = z.enum(['zh', 'en'])
export type KioskLanguage = z.infer<typeof KioskLanguage>

/** Topics of the information pages; a consultation leaves its topic in a count and nothing else. */
export const ConsultTopic = z.enum([
  'id_card',
  'household',
  'exit_entry',
  'vehicle',
  'lost_found',
  'fraud_advice',
  'dispute_advice',
  'opening_hours',
])
export type ConsultTopic = z.infer<typeof ConsultTopic>

/** What decides: everything else of a report is for whoever handles it. */
export type TriageFacts = {
  readonly class: WalkInClass
  readonly when: WalkInWhen
  readonly answers: WalkInAnswers
}

/**
 * Who receives it. Only `dispatch` becomes an incident. A complaint about police goes to supervision, so that no unit ever
 * sees it; a tip-off goes to intelligence, so that whoever gave it is not visited by a patrol car.
 */
export type WalkInRoute = 'dispatch' | 'supervision' | 'intelligence'

export type Triage = {
  readonly route: WalkInRoute
  readonly incidentClass: IncidentClass
  readonly severity: Severity
  /** P0: raised as an alarm besides. */
  readonly emergency: boolean
}

type ClassRow = {
  readonly route: WalkInRoute
  readonly incidentClass: IncidentClass
  /** While it goes on, and after. */
  readonly now: Severity
  readonly later: Severity
}

/** Triage of walk-ins (DOMAIN.md 6.5), one row per class. */
export const CLASS_ROWS: Readonly<Record<WalkInClass, ClassRow>> = {
  injury: { route: 'dispatch', incidentClass: 'injury', now: 'urgent', later: 'normal' },
  theft: { route: 'dispatch', incidentClass: 'theft', now: 'urgent', later: 'normal' },
  vice: { route: 'dispatch', incidentClass: 'vice', now: 'normal', later: 'normal' },
  fraud: { route: 'dispatch', incidentClass: 'fraud', now: 'urgent', later: 'normal' },
  help: { route: 'dispatch', incidentClass: 'help', now: 'normal', later: 'normal' },
  dispute: { route: 'dispatch', incidentClass: 'dispute', now: 'normal', later: 'normal' },
  traffic: { route: 'dispatch', incidentClass: 'traffic', now: 'urgent', later: 'normal' },
  lost_person: { route: 'dispatch', incidentClass: 'help', now: 'urgent', later: 'urgent' },
  other: { route: 'dispatch', incidentClass: 'unknown', now: 'normal', later: 'normal' },
  tip_off: { route: 'intelligence', incidentClass: 'tip_off', now: 'normal', later: 'normal' },
  complaint: { route: 'supervision', incidentClass: 'complaint', now: 'normal', later: 'normal' },
}

type Match = {
  readonly class?: WalkInClass
  readonly when?: WalkInWhen
  readonly answers?: Partial<WalkInAnswers>
}

/** What beats the class: every field that a row names must fit. The first row that fits counts. */
export const BEATING_ROWS: readonly {
  readonly match: Match
  readonly severity: Severity
  readonly emergency: boolean
}[] = [
  { match: { answers: { weapon: 'yes' } }, severity: 'major', emergency: true },
  {
    match: { class: 'lost_person', when: 'now', answers: { children: 'yes' } },
    severity: 'major',
    emergency: true,
  },
  { match: { when: 'now', answers: { injured: 'yes' } }, severity: 'urgent', emergency: false },
  { match: { answers: { suspectHere: 'yes' } }, severity: 'urgent', emergency: false },
  { match: { when: 'now', answers: { children: 'yes' } }, severity: 'urgent', emergency: false },
]

/** Somebody said that they or another are in danger: no class is asked for. */
export const DANGER: Triage = {
  route: 'dispatch',
  incidentClass: 'emergency',
  severity: 'major',
  emergency: true,
}

/**
 * Where a report goes and how urgent it is. `triage({ class: 'theft', when: 'now', … })` is an urgent theft for dispatch.
 * A complaint stays with supervision whatever else was ticked, and raises no alarm: danger has its own button.
 */
export function triage(facts: TriageFacts): Triage {
  const row = CLASS_ROWS[facts.class]
  const { route, incidentClass } = row
  const beats = BEATING_ROWS.find(({ match }) => fits(match, facts))
  const severity = beats?.severity ?? (facts.when === 'now' ? row.now : row.later)
  return { route, incidentClass, severity, emergency: route === 'dispatch' && beats?.emergency === true }
}

const fits = (match: Match, facts: TriageFacts): boolean =>
  (match.class ?? facts.class) === facts.class &&
  (match.when ?? facts.when) === facts.when &&
  ANSWERS.every(name => (match.answers?.[name] ?? facts.answers[name]) === facts.answers[name])

/*
 * Phone numbers as people in China give them:
 *
 *     138 0013 8000, +86 138-0013-8000, 008613800138000    mobile: 1, 3 to 9, nine more
 *     0537-4412345, (010) 6552 1234                        landline: area code, seven or eight digits
 *     +81 3 1234 5678                                      any other country, E.164: + and 8 to 15 digits
 */
const MOBILE = /^1[3-9]\d{9}$/
const LANDLINE = /^0(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}$/
const FOREIGN = /^\+(?!86)[1-9]\d{7,14}$/

/** The number as it is dialled from here (`13800138000`, `05374412345`, `+81312345678`); null when it is none. */
export function phoneOf(typed: string): string | null {
  const bare = typed.replaceAll(/[\s()（）\-—.]/g, '')
  const local = bare.replace(/^(?:\+86|0086)(?=\d)/, '')
  if (MOBILE.test(local)) return local
  const landline = local === bare || local.startsWith('0') ? local : `0${local}`
  if (LANDLINE.test(landline)) return landline
  const foreign = bare.replace(/^00(?=[1-9])/, '+')
  return FOREIGN.test(foreign) ? foreign : null
}

export const NARRATIVE_CHARS_MAX = 1_000
export const NAME_CHARS_MAX = 50

/** What a person typed, without control characters and without space at the ends. Never markup: it is shown as text. */
export const plainText = (typed: string, charsMax: number): string =>
  [...typed.normalize('NFC').replaceAll(/[\p{Cc}\p{Cf}]/gu, c => (c === '\n' ? '\n' : ''))]
    .slice(0, charsMax)
    .join('')
    .trim()

/** What identifies the person or tells their story; the only plain form of it is inside a sealed envelope. */
export const WalkInPrivate = z.strictObject({
  name: z.string().max(NAME_CHARS_MAX).optional(),
  phone: z.string().max(20).optional(),
  narrative: z.string().max(NARRATIVE_CHARS_MAX).optional(),
})
export type WalkInPrivate = z.infer<typeof WalkInPrivate>
