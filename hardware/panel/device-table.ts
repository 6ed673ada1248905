/** `candidate`: register map from public drivers, not yet seen on the hardware itself. `verified`: seen. */
export type Maturity = 'candidate' | 'verified'

/** An input/output module. Fitting another one is a row here. */
export type PanelDevice = {
  readonly id: string
  readonly title: string
  readonly maturity: Maturity
  /** As it leaves the factory: speed, 8N1, slave address. */
  readonly factoryBaud: number
  readonly factoryAddress: number
  /** Discrete inputs, read with FC02. */
  readonly inputs: { readonly start: number; readonly count: number }
  /** Coils, read with FC01, written with FC05. */
  readonly outputs: { readonly start: number; readonly count: number }
  /** Registers a technician's page sets once: speed, address, modes. Written by provisioning, not by the driver. */
  readonly setup: readonly {
    readonly register: number
    readonly count: number
    readonly holds: 'baud' | 'address' | 'version' | 'mode'
    readonly why: string
  }[]
}

export const PANEL_DEVICES: readonly PanelDevice[] = [
  {
    id: 'waveshare-io-8ch',
    title: 'Waveshare Modbus RTU IO 8CH',
    maturity: 'candidate',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { start: 0x0000, count: 8 },
    outputs: { start: 0x0000, count: 8 },
    setup: [
      { register: 0x2000, count: 1, holds: 'baud', why: 'a 20 ms poll of 8 inputs needs 38400 baud' },
      { register: 0x4000, count: 1, holds: 'address', why: 'only where several modules share a line' },
      { register: 0x8000, count: 1, holds: 'version', why: 'read only' },
    ],
  },
  {
    id: 'waveshare-relay-d',
    title: 'Waveshare Modbus RTU Relay (D)',
    maturity: 'candidate',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { start: 0x0000, count: 8 },
    outputs: { start: 0x0000, count: 8 },
    setup: [
      {
        register: 0x1000,
        count: 8,
        holds: 'mode',
        why: 'inputs drive relays from the factory; 0 unlinks them, or the ignition would start the cameras',
      },
      { register: 0x2000, count: 1, holds: 'baud', why: 'a 20 ms poll of 8 inputs needs 38400 baud' },
      { register: 0x4000, count: 1, holds: 'address', why: 'only where several modules share a line' },
      { register: 0x8000, count: 1, holds: 'version', why: 'read only' },
    ],
  },
]

/** `panelDevice('waveshare-io-8ch')`; undefined for a module we do not know. */
export const panelDevice = (id: string): PanelDevice | undefined =>
  PANEL_DEVICES.find(device => device.id === id)
