import { readFile } from 'node:fs/promises'
import { fileFault } from '#protocols/cli/file-fault.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { GatewayConfig } from '../config.ts'
import type { EnrolmentDesk } from '../enrolment/desk.ts'
import type { Authority, ServerCertificate } from '../identity/x509-authority.ts'
import { openAedesBroker } from './aedes-broker.ts'
import type { Broker, BrokerEvent } from './broker.ts'
import type { Refused } from './refusal-audit.ts'
import { GATEWAY_CLIENT_ID, openBrokerClient } from './mqtt-broker-client.ts'

const LOOPBACK = '127.0.0.1'

export type BrokerSurroundings = {
  readonly clock: Clock
  readonly log: Logger
  readonly authority: Authority
  readonly desk: Pick<EnrolmentDesk, 'admits' | 'speaks'>
  readonly certificate: ServerCertificate
  readonly onRefused: (refused: Refused) => void
}

/** The embedded broker, or the one `--broker` names; `url` is where devices find it. Faults name the flag to change. */
export async function openBroker(
  config: Pick<GatewayConfig, 'mqttPort' | 'broker' | 'brokerCa'>,
  { clock, log, authority, desk, certificate, onRefused }: BrokerSurroundings,
  onEvent: (event: BrokerEvent) => void,
): Promise<Result<{ readonly broker: Broker; readonly url: string }>> {
  if (config.broker !== '') {
    const ca = config.brokerCa === '' ? ok(authority.caPem) : await readPem(config.brokerCa)
    if (!ca.ok) return ca
    const broker = await openBrokerClient({
      url: config.broker,
      caPem: ca.value,
      certificate: () => authority.clientCertificate(GATEWAY_CLIENT_ID, clock.now().utcMs),
      clock,
      log,
      speaks: desk.speaks,
      onEvent,
      random: Math.random,
    })
    if (!broker.connected()) log.warn({ event: 'broker.absent', url: config.broker })
    return ok({ broker, url: config.broker })
  }
  const broker = await openAedesBroker({
    host: LOOPBACK,
    port: config.mqttPort,
    certificate,
    caPem: authority.caPem,
    log,
    admits: desk.admits,
    onEvent,
    onRefused,
  })
  if (!broker.ok) return fault(broker.code, `MQTT: ${broker.detail} (--mqtt-port)`)
  return ok({ broker: broker.value, url: `mqtts://${LOOPBACK}:${broker.value.port}` })
}

async function readPem(file: string): Promise<Result<string>> {
  try {
    const pem = await readFile(file, 'utf8')
    return pem.includes('BEGIN CERTIFICATE')
      ? ok(pem)
      : fault('FILE_BROKEN', `--broker-ca ${file} is no PEM certificate`)
  } catch (error) {
    return fileFault(`--broker-ca ${file}`, error)
  }
}
