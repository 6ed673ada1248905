import { DOWN_CHANNELS, PROTOCOL_LEVEL, UP_CHANNELS } from '#protocols/topics.ts'

export type BrokerPlace = {
  /** Where the broker will find the files: absolute, no slash at the end. */
  readonly dir: string
  /** The address it listens on; `0.0.0.0` for all. */
  readonly bind: string
  readonly port: number
  /** CN of the gateway's client certificate. */
  readonly gateway: string
}

/** The names of what is rendered, beside `mosquitto.conf` itself. */
export const BROKER_FILES = {
  conf: 'mosquitto.conf',
  rules: 'acl',
  ca: 'ca.pem',
  certificate: 'broker.pem',
  key: 'broker.key',
  revoked: 'revoked.pem',
} as const

/** Waiting for a gateway that restarts: 20,000 devices with one report each, at the largest size still 1.3 GB, so bytes bind. */
const QUEUED_MAX = 20_000
const QUEUED_BYTES_MAX = 64 * 1024 * 1024
const PACKET_BYTES_MAX = 64 * 1024

/**
 * `mosquitto.conf` for Mosquitto 2.0: mutual TLS 1.3, the certificate's CN is user name and client id, so that nobody can
 * speak as, or throw out, another; exact topics; nothing retained, nothing on disk, because the promise is our own ack.
 */
export const mosquittoConf = ({ dir, bind, port }: BrokerPlace): string => `# Rendered by reach5 broker-files.
per_listener_settings false
allow_anonymous false
acl_file ${dir}/${BROKER_FILES.rules}

persistence false
retain_available false
max_packet_size ${PACKET_BYTES_MAX}
max_keepalive 60
max_inflight_messages 100
max_queued_messages ${QUEUED_MAX}
max_queued_bytes ${QUEUED_BYTES_MAX}
queue_qos0_messages false
persistent_client_expiration 2d
set_tcp_nodelay true
sys_interval 0

listener ${port} ${bind}
protocol mqtt
cafile ${dir}/${BROKER_FILES.ca}
certfile ${dir}/${BROKER_FILES.certificate}
keyfile ${dir}/${BROKER_FILES.key}
crlfile ${dir}/${BROKER_FILES.revoked}
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
use_username_as_clientid true
max_qos 1
`

/**
 * The rules. `%u` is the certificate's CN and stands for exactly one level; the shard before it is a hash no broker can
 * compare, so the gateway does: a word under a wrong shard is refused there.
 */
export const mosquittoRules = ({ gateway }: Pick<BrokerPlace, 'gateway'>): string =>
  [
    '# Rendered by reach5 broker-files. A device: its own topics and no other.',
    ...UP_CHANNELS.map(channel => `pattern write ${PROTOCOL_LEVEL}/+/%u/${channel}`),
    ...DOWN_CHANNELS.map(channel => `pattern read ${PROTOCOL_LEVEL}/+/%u/${channel}`),
    '',
    '# The gateway: the other way round, for all of them.',
    `user ${gateway}`,
    ...UP_CHANNELS.map(channel => `topic read ${PROTOCOL_LEVEL}/+/+/${channel}`),
    ...DOWN_CHANNELS.map(channel => `topic write ${PROTOCOL_LEVEL}/+/+/${channel}`),
    '',
  ].join('\n')
