import { quantile } from '../oracle/quantile.ts'
import type { EtaTrip } from './eta-days.ts'

/** Promises of held-out trips against arrivals: with what was learned, with the profile, and with the profile once scaled. */
export function judgeEtas(trips: readonly EtaTrip[]) {
  const errors = (promised: (trip: EtaTrip) => number): number =>
    quantile(
      trips.map(trip => Math.abs(trip.seconds - promised(trip))),
      0.5,
    )
  // What one number for the whole town would have done, told with the answers in hand.
  const scale = quantile(
    trips.map(trip => trip.seconds / trip.profileSeconds),
    0.5,
  )
  const profile = errors(trip => trip.profileSeconds)
  const learned = errors(trip => trip.p50Seconds)
  const within = (promised: (trip: EtaTrip) => number): number =>
    trips.filter(trip => trip.seconds <= promised(trip)).length / trips.length
  return {
    trips: trips.length,
    learnedTrips: trips.filter(trip => trip.basis === 'learned').length,
    medianTripSeconds: quantile(
      trips.map(trip => trip.seconds),
      0.5,
    ),
    medianErrorSeconds: { profile, learned, scaledProfile: errors(trip => scale * trip.profileSeconds) },
    fall: 1 - learned / profile,
    within80: within(trip => trip.p80Seconds),
    within50: within(trip => trip.p50Seconds),
    biasSeconds: {
      profile: mean(trips.map(trip => trip.profileSeconds - trip.seconds)),
      learned: mean(trips.map(trip => trip.p50Seconds - trip.seconds)),
    },
    scale,
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
