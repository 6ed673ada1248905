import type { Channel } from '#protocols/equipment.ts'
import type { StepName, StepState, WalkOutcome } from '#protocols/technician.ts'

export type Words = {
  readonly title: string
  readonly subtitle: (device: string) => string
  readonly bare: string
  readonly progress: (done: number, all: number) => string
  readonly otherLanguage: string
  readonly otherLanguageTitle: string
  readonly toDay: string
  readonly toNight: string
  readonly starting: string
  readonly gone: string
  readonly over: string
  readonly overNext: string
  readonly failed: (code: string) => string
  readonly steps: Readonly<Record<StepName, string>>
  readonly states: Readonly<Record<StepState, string>>
  readonly health: Readonly<Record<string, string>>
  readonly healthHint: string
  readonly codeLabel: string
  readonly codeHint: string
  readonly codeWrong: string
  readonly codeIncomplete: (missing: number) => string
  readonly codeGood: string
  readonly urlLabel: string
  readonly enrol: string
  readonly enrolAgain: string
  readonly bench: string
  readonly benchOn: string
  readonly online: string
  readonly phases: Readonly<Record<'gateway' | 'key' | 'request' | 'saved', string>>
  readonly caFingerprint: string
  readonly keyFingerprint: string
  readonly compare: string
  readonly until: string
  readonly searching: string
  readonly searchAgain: string
  readonly ports: Readonly<Record<'gnss' | 'panel' | 'silent' | 'unclear' | 'refused', string>>
  readonly chooseGnss: string
  readonly choosePanel: string
  readonly none: string
  readonly fit: string
  readonly fitHint: string
  readonly perSecond: (n: number) => string
  readonly address: (n: number) => string
  readonly sure: (n: number) => string
  readonly noPorts: string
  readonly signal: Readonly<Record<'fix' | 'no_fix' | 'silent' | 'no_device', string>>
  readonly satellites: string
  readonly usedOfSeen: string
  readonly hdop: string
  readonly place: string
  readonly offset: string
  readonly systems: Readonly<Record<string, string>>
  readonly acceptSignal: string
  readonly signalReasons: readonly string[]
  readonly waitingSky: string
  readonly panelStates: Readonly<Record<'ok' | 'silent' | 'no_device', string>>
  /** Between things of a list, and before an explanation. */
  readonly and: string
  readonly because: string
  readonly walkStart: string
  readonly walkHint: string
  readonly channels: Readonly<Record<Channel, string>>
  readonly ask: Readonly<Record<Channel, readonly [on: string, off: string]>>
  readonly askNumber: (at: number, all: number) => string
  readonly nowBack: string
  readonly byComputer: string
  readonly puzzles: Readonly<Record<'several' | 'taken' | 'slow', (inputs: string) => string>>
  readonly skip: string
  readonly skipReasons: readonly string[]
  readonly outcomes: Readonly<Record<WalkOutcome, string>>
  readonly terminal: (name: string) => string
  readonly foundAt: (found: string, expected: string) => string
  readonly again: string
  readonly fix: string
  readonly fixHint: string
  readonly corrected: string
  readonly contacts: string
  readonly prove: string
  readonly proving: string
  readonly proveHint: string
  readonly proveBench: string
  readonly receiptKinds: Readonly<Record<string, string>>
  readonly receipt: (ms: number) => string
  readonly technicianLabel: string
  readonly makeReport: string
  readonly makeAgain: string
  readonly verdicts: Readonly<Record<'passed' | 'remarks' | 'failed', string>>
  readonly delivered: string
  readonly notDelivered: string
  readonly openReport: string
  readonly keptAt: string
  readonly startUnit: string
  readonly startHint: string
  readonly remedies: Readonly<Record<string, string>>
}

export const zh: Words = {
  title: '设备上线',
  subtitle: device => device,
  bare: '新设备，尚未入网',
  progress: (done, all) => `${done} / ${all} 步完成`,
  otherLanguage: 'EN',
  otherLanguageTitle: 'Switch to English',
  toDay: '日间',
  toNight: '夜间',
  starting: '正在连接本机…',
  gone: '本机程序没有应答，正在重连…',
  over: '上线完成，车载程序正在运行。',
  overNext: '打开车载终端',
  failed: code => `未成功（${code}）`,
  steps: {
    health: '计算机',
    identity: '入网',
    ports: '端口',
    signal: '定位信号',
    inputs: '输入逐路检查',
    proof: '端到端验证',
    report: '验收报告',
  },
  states: { waiting: '待办', running: '进行中', passed: '通过', failed: '未通过', skipped: '已跳过' },
  health: { clock: '时钟', disk: '可用磁盘', memory: '可用内存', version: '软件', data: '数据目录' },
  healthHint: '自动检查，无需操作。',
  codeLabel: '入网码',
  codeHint: '由值班员签发，24 小时内有效。字母不分大小写，O 当 0，I、L 当 1。',
  codeWrong: '有字符输错，请对照再看一遍。',
  codeIncomplete: missing => `还差 ${missing} 个字符`,
  codeGood: '校验正确',
  urlLabel: '网关地址',
  enrol: '入网',
  enrolAgain: '重新入网',
  bench: '没有网关，先做台架检查',
  benchOn: '台架模式：不联系网关，报告会注明。',
  online: '改为联网上线',
  phases: { gateway: '核对网关', key: '在本机生成密钥', request: '申请证书', saved: '证书已存' },
  caFingerprint: '网关根指纹',
  keyFingerprint: '本机密钥指纹',
  compare: '与值班员屏幕上的逐组核对。',
  until: '证书有效期至',
  searching: '正在查找端口上的设备…',
  searchAgain: '重新查找',
  ports: {
    gnss: '定位接收机',
    panel: '输入模块',
    silent: '无应答',
    unclear: '有数据，无法识别',
    refused: '打不开',
  },
  chooseGnss: '定位接收机接在',
  choosePanel: '输入模块接在',
  none: '本车没有',
  fit: '就用这些端口',
  fitHint: '确认后写入本机配置，车载程序照此启动。',
  perSecond: n => `每秒 ${n} 条有效语句`,
  address: n => `地址 ${n}`,
  sure: n => `把握 ${n}%`,
  noPorts: '没有找到任何串口。检查 USB 线后重新查找。',
  signal: { fix: '已定位', no_fix: '搜星中，尚未定位', silent: '接收机没有数据', no_device: '端口不存在' },
  satellites: '颗卫星参与定位',
  usedOfSeen: '参与 / 可见',
  hdop: '水平精度因子',
  place: '位置',
  offset: '本机时钟偏差',
  systems: { beidou: '北斗', gps: 'GPS', glonass: 'GLONASS', galileo: '伽利略', qzss: 'QZSS', sbas: 'SBAS' },
  acceptSignal: '无法到室外？说明原因后继续',
  signalReasons: ['在车库内', '天线尚未安装', '车辆无法移动'],
  waitingSky: '连续 5 次定位良好即通过，通常不到半分钟。',
  panelStates: { ok: '模块应答正常', silent: '模块没有应答', no_device: '端口不存在' },
  and: '、',
  because: '：',
  walkStart: '开始逐路检查',
  walkHint: '按提示逐个操作开关，程序自己看是哪一路在动，接错、接反都会指出来。',
  channels: {
    ignition: '点火',
    lightbar: '警灯',
    siren: '警报器',
    door: '车门',
    weapon_rack: '枪架锁',
    brake: '刹车',
    panic: '紧急按钮',
    camera_recording: '执法记录仪',
    crash: '碰撞开关',
  },
  ask: {
    ignition: ['打开点火', '关闭点火'],
    lightbar: ['打开警灯', '关闭警灯'],
    siren: ['打开警报器', '关闭警报器'],
    door: ['打开车门', '关上车门'],
    weapon_rack: ['打开枪架锁', '锁上枪架'],
    brake: ['踩下刹车', '松开刹车'],
    panic: ['按下紧急按钮', '松开紧急按钮'],
    camera_recording: ['记录仪开始录像', '记录仪停止录像'],
    crash: ['触发碰撞开关', '复位碰撞开关'],
  },
  askNumber: (at, all) => `第 ${at} 路，共 ${all} 路`,
  nowBack: '收到，现在请',
  byComputer: '由本机触发，请稍候；若不动作，请手动操作记录仪。',
  puzzles: {
    several: inputs => `${inputs} 同时在动，分不清是哪一路。请全部复位，只动这一个。`,
    taken: inputs => `动的是 ${inputs}，它已属于别的开关。检查接线，或跳过并说明。`,
    slow: () => '还没有看到变化。检查保险、接线和模块电源，或跳过并说明。',
  },
  skip: '跳过这一路，原因：',
  skipReasons: ['本车未装', '部件有故障', '现在无法操作'],
  outcomes: {
    right: '正确',
    swapped: '端子接错',
    inverted: '极性相反',
    swapped_inverted: '端子接错且极性相反',
    skipped: '已跳过',
  },
  terminal: name => (/^\d/.test(name) ? `X${name}` : name),
  foundAt: (found, expected) => `接在 X${found}，应为 X${expected}`,
  again: '重测',
  fix: '按实际接线修正配置',
  fixHint: '接线不用动，本机按查到的端子和极性工作。',
  corrected: '配置已修正',
  contacts: '端子实时状态',
  prove: '发送测试记录',
  proving: '已存入本机，等待网关确认…',
  proveHint: '写入一条测试记录和一条测试报警，等网关确认入库。测试报警不会惊动指挥员。',
  proveBench: '台架模式下跳过；联网后再做。',
  receiptKinds: {
    'selftest.probe': '测试记录',
    'panic.test': '测试报警',
    'selftest.report': '验收报告',
  },
  receipt: ms => `网关已入库，${(ms / 1000).toFixed(1)} 秒`,
  technicianLabel: '技术员（姓名或工号）',
  makeReport: '生成并签名',
  makeAgain: '重新生成',
  verdicts: { passed: '合格', remarks: '合格，有备注', failed: '不合格' },
  delivered: '已送达网关',
  notDelivered: '未送达网关，已存在本机',
  openReport: '查看和打印报告',
  keptAt: '存放于',
  startUnit: '启动车载程序',
  startHint: '结束本次上线，本机转入日常运行。',
  remedies: {
    CODE_MISTYPED: '入网码有字符输错，请重新输入。',
    CODE_REFUSED: '网关不认识这个码：已用过、过期或输错。请值班员重新签发。',
    CODE_RATE_LIMITED: '输错次数太多，请等一小时或联系值班员。',
    CA_MISMATCH: '这个地址上的网关不是签发此码的网关。核对地址，不要继续。',
    GATEWAY_UNREACHABLE: '这个地址没有网关应答。检查网线、地址和端口。',
    ALREADY_ENROLLED: '本机已入网。',
    CERTIFICATE_ENDED: '证书已到期。请值班员签发新码，重新入网。',
    CERTIFICATE_REFUSED: '网关不接受本机证书。请值班员签发新码，重新入网。',
    NOT_ENROLLED: '本机尚未入网。',
    DIR_UNWRITABLE: '数据目录无法写入，换一个目录或检查权限。',
    CLOCK_UNSET: '本机不知道日期。连上网络或手动设置；记录顺序不受影响。',
    DISK_SHORT: '磁盘快满了，出车前至少腾出 2 GB。',
    MEMORY_SHORT: '可用内存很少，关闭其他程序。',
    NO_RECEIVER: '没有找到定位接收机。检查插头和电源，再查找一次。',
    NO_PORTS: '这台电脑没有串口。插上转换器（lsusb 可看是否识别）。',
    GPSD_ABSENT: '那里没有 gpsd 应答。启动它，或直接用接收机的串口。',
    MODULE_SILENT: '已安装的输入模块没有应答。检查它的电源、A/B 线，以及地址是否与别的模块重复。',
    NO_PANEL: '没有找到输入模块。检查电源和 A/B 线，再查找一次。',
    CHOICE_UNCLEAR: '有多个端口都可能是，请按名称选一个。',
    NO_FIX: '接收机正常，但看不到足够的卫星。把车开到室外，或检查天线。',
    PORT_SILENT: '接收机没有数据。检查电源和线缆。',
    PORT_ABSENT: '端口不存在。检查插头，插上后会自动重试。',
    PORT_BUSY: '端口被别的程序占用（常见：ModemManager、gpsd）。先停掉它。',
    PORT_DENIED: '没有端口权限。把用户加入 dialout 组。',
    WIRING_DIFFERS: '有输入与配置不一致。按实际接线修正配置，或改接线后重测。',
    ACK_MISSING: '网关没有按时确认。记录仍在本机，检查网关后重试。',
    OUTBOX_UNOPENABLE: '本机存储被占用：车载程序还在运行，先停掉它。',
    NOT_ITS_TURN: '请先完成前面的步骤。',
    NOT_READY: '本机程序没有应答，稍后再试。',
  },
}
