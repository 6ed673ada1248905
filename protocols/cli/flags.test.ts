import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseConfig, readFlags } from './flags.ts'

describe('flags', () => {
  it('become names as code writes them', () => {
    expect(readFlags(['--gnss-baud', '9600', '--help'], ['gnss-baud'])).toEqual({
      ok: true,
      value: { gnssBaud: '9600', help: '' },
    })
  })

  it('that nobody knows are refused by name', () => {
    expect(readFlags(['--gnss-bond', '1'], ['gnss-baud'])).toMatchObject({ ok: false, code: 'USAGE' })
    const typo = readFlags(['--gnss-buad', '1'], ['gnss-baud', 'gnss'])
    expect(typo).toMatchObject({ detail: 'there is no option --gnss-buad, did you mean --gnss-baud?' })
    expect(readFlags(['--gnss'], ['gnss'])).toMatchObject({ detail: '--gnss needs a value' })
  })

  it('that do not fit are told with the value seen and an example', () => {
    const schema = z.strictObject({ gnssBaud: z.coerce.number().int() })
    const refused = parseConfig(schema, { gnssBaud: 'fast' }, '--gnss-baud 9600')
    expect(refused).toMatchObject({ ok: false, code: 'CONFIG_INVALID' })
    expect(refused.ok ? '' : refused.detail).toMatch(/^--gnss-baud "fast": .*for example --gnss-baud 9600$/)
    const withDefaults = schema.extend({ mapPort: z.coerce.number().max(65_535).default(5110) })
    const port = parseConfig(withDefaults, { gnssBaud: '9600', mapPort: '70000' }, '--gnss-baud 9600')
    expect(port.ok ? '' : port.detail).toMatch(/^--map-port "70000": .*for example --map-port 5110$/)
    const missing = parseConfig(withDefaults, {}, '--gnss-baud 9600')
    expect(missing.ok ? '' : missing.detail).toMatch(/^--gnss-baud is missing; for example --gnss-baud 9600$/)
    expect(parseConfig(schema, { gnssBaud: '9600' }, '')).toEqual({ ok: true, value: { gnssBaud: 9600 } })
  })
})
