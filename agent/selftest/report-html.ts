import type { AcceptanceReport } from '#protocols/technician.ts'
import type { SignedReport } from '#protocols/crypto/report-signature.ts'
import { remedyOf } from './report.ts'

/** The report for a printer: one page, no script, no outside file; Chinese and English side by side. */
export function reportHtml(report: AcceptanceReport, { signature }: SignedReport): string {
  const device = report.device
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(report.reportId)} · 验收报告</title>
<link rel="stylesheet" href="./report.css">
</head>
<body><main>
<h1>验收报告 <small>Acceptance report</small></h1>
<p class="verdict verdict-${report.verdict}">${VERDICTS[report.verdict]}${report.mode === 'bench' ? ' · 离线台架 bench' : ''}</p>
${table([
  ['报告编号 Report', report.reportId],
  [
    '设备 Device',
    device === null ? '未入网 not enrolled' : `${device.deviceId} · ${device.unitId} · ${device.callSign}`,
  ],
  ['技术员 Technician', report.technician || '—'],
  ['时间 Time', `${report.startedAt} – ${report.finishedAt} (${report.clockQuality})`],
  ['软件 Software', report.software],
  ['设备指纹 Key', grouped(report.keyFingerprint)],
  ['根指纹 CA', report.certificate === null ? '—' : grouped(report.certificate.caFingerprint)],
  ['证书至 Certificate until', report.certificate?.notAfter ?? '—'],
])}
<h2>步骤 Steps</h2>
${table(Object.entries(report.steps).map(([step, state]) => [STEP_WORDS[step] ?? step, STATE_WORDS[state] ?? state]))}
${report.remarks.length === 0 ? '' : `<h2>备注 Remarks</h2>${table(report.remarks.map(r => [STEP_WORDS[r.step] ?? r.step, `${r.detail} — ${remedyOf(r.code)} [${r.code}]`]))}`}
<h2>计算机 Computer</h2>
${table(report.health.map(check => [check.name, `${check.value} (${check.grade})`]))}
<h2>定位 Position</h2>
${table(signalRows(report))}
<h2>输入 Inputs</h2>
${table(report.inputs.map(r => [r.channel, `${OUTCOMES[r.outcome]}${r.corrected ? ' · 已修正 corrected' : ''}${r.terminal === null ? '' : ` · X${r.terminal}`}${r.reason === '' ? '' : ` · ${r.reason}`}`]))}
<h2>回执 Gateway receipts</h2>
${table(report.receipts.map(r => [r.kind, `${r.eventId} · ${r.ackedMs} ms · ${r.ledgerId}/${r.generation}`]))}
<h2>签名 Signature</h2>
<p class="mono">ES256 ${grouped(signature.keyFingerprint)}<br>${text(signature.signature)}</p>
<p>核验 Verify: <span class="mono">reach5 selftest verify ${text(report.reportId)}.json</span></p>
</main></body>
</html>
`
}

/** Served beside it: the page may not carry styles of its own. */
export const REPORT_CSS = `
body{font:14px/1.5 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#14202c;background:#fff}
h1{font-size:1.6rem;margin:0}h1 small,h2 small{color:#5f6d7b;font-weight:400}
h2{font-size:1rem;margin:1.4rem 0 .3rem;border-bottom:1px solid #14202c}
table{width:100%;border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #d5dce3;overflow-wrap:anywhere}
th{width:11rem;font-weight:400;color:#44525f}
.verdict{font-size:1.2rem;font-weight:700;padding:.5rem .8rem;border:2px solid;display:inline-block}
.verdict-passed{color:#075a3e}.verdict-remarks{color:#7d4304}.verdict-failed{color:#9d0f19}
.mono{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
@media print{body{margin:0}}
`

const VERDICTS = {
  passed: '✓ 合格 Passed',
  remarks: '! 合格，有备注 Passed with remarks',
  failed: '✗ 不合格 Failed',
}
const OUTCOMES: Record<string, string> = {
  right: '正确 right',
  swapped: '接错端子 swapped',
  inverted: '极性相反 inverted',
  swapped_inverted: '接错且极性相反 swapped and inverted',
  skipped: '跳过 skipped',
}
const STEP_WORDS: Record<string, string> = {
  health: '计算机 Computer',
  identity: '入网 Enrolment',
  ports: '端口 Ports',
  signal: '信号 Signal',
  inputs: '输入 Inputs',
  proof: '端到端 End to end',
  report: '报告 Report',
}
const STATE_WORDS: Record<string, string> = {
  passed: '✓ 通过 passed',
  failed: '✗ 失败 failed',
  skipped: '– 跳过 skipped',
  waiting: '未做 not done',
  running: '未完成 unfinished',
}

function signalRows({ gnss }: AcceptanceReport): readonly (readonly [string, string])[] {
  if (gnss === null) return [['接收机 Receiver', '—']]
  const { sample } = gnss
  const rows: [string, string][] = [['端口 Port', `${gnss.path} @ ${gnss.baud}`]]
  if (sample !== null)
    rows.push(
      ['卫星 Satellites', `${sample.satsUsed ?? '—'} / ${sample.satsSeen ?? '—'}`],
      ['HDOP', String(sample.hdop ?? '—')],
      ['位置 Place', sample.lat === null ? '—' : `${sample.lat.toFixed(5)}, ${sample.lon?.toFixed(5)}`],
      ['时差 Clock offset', sample.clockOffsetMs === null ? '—' : `${sample.clockOffsetMs} ms`],
      ['样本 Sample', `${sample.fixes} / ${sample.epochs} in ${sample.seconds} s`],
    )
  return gnss.reason === '' ? rows : [...rows, ['备注 Remark', gnss.reason]]
}

const table = (rows: readonly (readonly [string, string])[]): string =>
  `<table>${rows.map(([head, cell]) => `<tr><th scope="row">${text(head)}</th><td>${text(cell)}</td></tr>`).join('')}</table>`

/** Four by four, so that two people can compare it over the telephone. */
export const grouped = (fingerprint: string): string => (fingerprint.match(/.{1,4}/g) ?? []).join(' ')

const text = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
