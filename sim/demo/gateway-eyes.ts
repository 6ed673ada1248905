import type { AlarmView, DeviceView, UnitView } from '#protocols/api.ts'

/** What the gateway believes, asked like any other page would; null when it does not answer. */
export type GatewayEyes = {
  unit(unitId: string): Promise<UnitView | null>
  device(deviceId: string): Promise<DeviceView | null>
  alarmsOf(deviceId: string): Promise<readonly AlarmView[]>
  answers(): Promise<boolean>
  createIncident(incident: unknown): Promise<{ readonly number: string } | null>
}

const WITHIN_MS = 1_500

export function openGatewayEyes(url: string): GatewayEyes {
  const ask = async <T>(path: string, body?: unknown): Promise<T | null> => {
    try {
      const answer = await fetch(url + path, {
        signal: AbortSignal.timeout(WITHIN_MS),
        ...(body !== undefined && {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      })
      return answer.ok ? ((await answer.json()) as T) : null
    } catch {
      return null
    }
  }
  return {
    unit: id => ask<UnitView>(`/v1/units/${id}`),
    device: id => ask<DeviceView>(`/v1/devices/${id}`),
    alarmsOf: async id => {
      const all = await ask<{ alarms: AlarmView[] }>('/v1/alarms')
      return (all?.alarms ?? []).filter(alarm => alarm.deviceId === id).slice(0, 5)
    },
    answers: async () => (await ask('/healthz')) !== null,
    createIncident: incident => ask('/v1/incidents', incident),
  }
}
