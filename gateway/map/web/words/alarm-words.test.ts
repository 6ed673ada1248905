import { describe, expect, it } from 'vitest'
import { alarmDetailWords } from './alarm-words.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

const bodycam = (detail: string, w = zh): string => alarmDetailWords({ kind: 'bodycam.failed', detail }, w)

describe('what an alarm says of itself', () => {
  it('is said in the language of the desk', () => {
    expect(bodycam('silent (lightbar)')).toBe('警灯触发，没有录制')
    expect(bodycam('unknown (lightbar, weapon_rack)')).toBe('警灯、枪架触发，录制状态不明')
    expect(alarmDetailWords({ kind: 'panic', detail: 'input' }, zh)).toBe('车内按钮')
    expect(bodycam('lapsed (siren)', en)).toBe('recording broke off after: Siren')
    expect(alarmDetailWords({ kind: 'panic', detail: 'screen' }, en)).toBe('terminal screen')
  })

  it('stays as it came where it is not known', () => {
    expect(bodycam('melted (toaster)')).toBe('melted (toaster)')
    expect(bodycam('silent ()')).toBe('没有录制')
    expect(bodycam('silent (toaster)')).toBe('toaster触发，没有录制')
    expect(bodycam('')).toBe('')
    expect(alarmDetailWords({ kind: 'walkin', detail: '0007' }, zh)).toBe('0007')
  })
})
