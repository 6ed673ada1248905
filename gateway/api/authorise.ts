/** Everything anybody can do through the API; every route names its verb. */
export const VERBS = [
  'unit.read',
  'incident.read',
  'incident.create',
  'incident.close',
  'dispatch.recommend',
  'order.create',
  'order.read',
  'alarm.read',
  'alarm.acknowledge',
  'station.read',
  'walkin.read',
  'walkin.reveal',
  'complaint.read',
  'complaint.reveal',
  'closure.read',
  'closure.create',
  'closure.end',
  'map.read',
  'eta.read',
  'coverage.read',
  'warning.acknowledge',
  'moveup.decide',
  'device.read',
  'track.read',
  'device.revoke',
  'enrolment.create',
  'enrolment.read',
  'enrolment.withdraw',
  'operator.read',
  'api.read',
] as const
export type Verb = (typeof VERBS)[number]

/** Until sign-in exists there is one role: a person at this computer (the pages listen on loopback only). */
export type Role = 'local'
export type Actor = { readonly name: string; readonly role: Role }
export const LOCAL: Actor = { name: 'local', role: 'local' }

/** The one authorisation table, role by verb. */
const MAY: Readonly<Record<Role, ReadonlySet<Verb>>> = { local: new Set(VERBS) }

/** Whether the actor may do it. What is not in the table is not allowed. */
export const mayDo = (actor: Actor, verb: Verb): boolean => MAY[actor.role].has(verb)
