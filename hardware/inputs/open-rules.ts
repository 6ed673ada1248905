import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Clock } from '#protocols/time.ts'
import { advanceRules } from './rules.ts'
import type { InputRule, RulesEvent, RulesState } from './rules.ts'

export type Rules = { hear(channel: Channel, value: ChannelValue): void; close(): void }

/** Puts a car's rules between its sources and whoever is shown the channels. */
export function openRules(
  rules: readonly InputRule[],
  clock: Clock,
  show: (channel: Channel, value: ChannelValue) => void,
): Rules {
  const state: RulesState = new Map()
  let cancel = (): void => {}
  const feed = (event: RulesEvent): void => {
    const effects = advanceRules(state, event, clock.now().monoMs, rules)
    cancel()
    for (const effect of effects)
      if (effect.type === 'wake')
        cancel = clock.after(effect.atMs - clock.now().monoMs, () => feed({ type: 'tick' }))
      else show(effect.channel, effect.value)
  }
  return { hear: (channel, value) => feed({ type: 'heard', channel, value }), close: () => cancel() }
}
