/**
 * `candidate`: register map from public documents, nothing seen yet. `fixture_verified`: frames of the maker or of a
 * module, kept in `test/recordings/panel`, say the same. `hardware_verified`: seen on the module itself.
 */
export type Maturity = 'candidate' | 'fixture_verified' | 'hardware_verified'

/** A row of bits in a module. */
export type BitsAt = {
  /** FC02, FC01, or the bits of words read with FC03 or FC04, lowest first. */
  readonly from: 'inputs' | 'coils' | 'holding' | 'input_registers'
  /** Address on the wire, from 0: the documents' 10001, 00001, 40001 and 30001. */
  readonly start: number
  /** Bits. */
  readonly count: number
  /** Bits that are read and not ours, before the first terminal. */
  readonly skip?: number
}

/** An input/output module. Fitting another one is a row here. */
export type PanelDevice = {
  readonly id: string
  readonly title: string
  readonly maturity: Maturity
  /** Where the register map was read. */
  readonly source: string
  /** As it leaves the factory: speed, 8N1, slave address. */
  readonly factoryBaud: number
  readonly factoryAddress: number
  readonly inputs: BitsAt
  /** Read back as bits, switched one by one with FC05 from `coil` on. */
  readonly outputs: { readonly read: BitsAt; readonly coil: number } | null
  /**
   * A question whose answer cannot be taken for one about inputs: it brings the driver in step after a fault. Absent,
   * the reading of the outputs is that question.
   */
  readonly probe?: BitsAt
  /** What a technician does before it answers at all. */
  readonly beforeUse?: string
  readonly setup: readonly Setup[]
}

/** Registers that are set once. With `must` the driver sees to it; the rest is the technician's. */
export type Setup = {
  readonly register: number
  readonly count: number
  readonly holds: 'baud' | 'address' | 'version' | 'mode'
  /** What every one of these words has to be before the module is used. */
  readonly must?: number
  readonly why: string
}

const SPEED: Setup = {
  register: 0x2000,
  count: 1,
  holds: 'baud',
  why: 'a 20 ms poll of 8 inputs needs 38400 baud',
}
const ADDRESS: Setup = {
  register: 0x4000,
  count: 1,
  holds: 'address',
  why: 'only where several modules share a line',
}
const ASCII_FIRST =
  'Speaks ASCII from the factory: set it to Modbus with the maker’s tool, INIT* to ground, then power off and on.'
const VERSION: Setup = { register: 0x8000, count: 1, holds: 'version', why: 'read only' }

export const PANEL_DEVICES: readonly PanelDevice[] = [
  {
    id: 'waveshare-io-8ch',
    title: 'Waveshare Modbus RTU IO 8CH',
    maturity: 'fixture_verified',
    source: 'waveshare.com/wiki/Modbus_RTU_IO_8CH',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { from: 'inputs', start: 0x0000, count: 8 },
    outputs: { read: { from: 'coils', start: 0x0000, count: 8 }, coil: 0x0000 },
    setup: [SPEED, ADDRESS, VERSION],
  },
  {
    id: 'waveshare-relay-d',
    title: 'Waveshare Modbus RTU Relay (D)',
    maturity: 'candidate',
    source: 'waveshare.com/wiki/Modbus_RTU_Relay_(D)',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { from: 'inputs', start: 0x0000, count: 8 },
    outputs: { read: { from: 'coils', start: 0x0000, count: 8 }, coil: 0x0000 },
    setup: [
      {
        register: 0x1000,
        count: 8,
        holds: 'mode',
        must: 0,
        why: 'inputs drive relays from the factory; 0 unlinks them, or the ignition would start the cameras',
      },
      SPEED,
      ADDRESS,
      VERSION,
    ],
  },
  {
    id: 'advantech-adam-4055',
    title: 'Advantech ADAM-4055 (in Modbus mode)',
    maturity: 'candidate',
    source: 'ADAM-4000 Series manual, appendix G; the answer of 40211 is 40 55',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { from: 'coils', start: 0, count: 8 },
    // Read as one block with the inputs, so that its answer is longer than theirs.
    outputs: { read: { from: 'coils', start: 0, count: 8, skip: 16 }, coil: 16 },
    probe: { from: 'holding', start: 210, count: 16 },
    beforeUse: ASCII_FIRST,
    setup: [],
  },
  {
    id: 'advantech-adam-4051',
    title: 'Advantech ADAM-4051, 16 inputs (in Modbus mode)',
    maturity: 'candidate',
    source: 'ADAM-4000 Series manual, appendix G',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { from: 'coils', start: 0, count: 16 },
    outputs: null,
    probe: { from: 'holding', start: 210, count: 16 },
    beforeUse: ASCII_FIRST,
    setup: [],
  },
  {
    id: 'advantech-adam-4150',
    title: 'Advantech ADAM-4150 (ADAM-4100 family)',
    maturity: 'candidate',
    source: 'ADAM-4100 Series manual, appendix B.3: 40301 inputs, 40303 outputs, each in one word',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { from: 'holding', start: 300, count: 7 },
    // Three words at once, of which the third is ours: an answer longer than one about the inputs.
    outputs: { read: { from: 'holding', start: 300, count: 8, skip: 32 }, coil: 16 },
    probe: { from: 'holding', start: 210, count: 32 },
    setup: [],
  },
  {
    id: 'relay-8ch-8di',
    title: '8-channel relay board with 8 inputs (sold without a maker’s name)',
    maturity: 'fixture_verified',
    source:
      'frames of a board on a line, published by its owner: github.com/geomatsi/lab-tests, d1/README.md',
    factoryBaud: 9600,
    factoryAddress: 1,
    inputs: { from: 'inputs', start: 0x0000, count: 8 },
    outputs: { read: { from: 'coils', start: 0x0000, count: 8 }, coil: 0x0000 },
    setup: [{ register: 0x0000, count: 1, holds: 'address', why: 'only where several modules share a line' }],
  },
]

/** `panelDevice('waveshare-io-8ch')`; undefined for a module we do not know. */
export const panelDevice = (id: string): PanelDevice | undefined =>
  PANEL_DEVICES.find(device => device.id === id)
