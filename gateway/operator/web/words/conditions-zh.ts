import type { ConditionCode } from '#protocols/operator.ts'

/** What is wrong, and what to do next. `n` is the condition's value, `about` what it names. */
export type ConditionWords = Readonly<
  Record<
    ConditionCode,
    { readonly what: (n: number, about: string) => string; readonly next: (about: string) => string }
  >
>

const percent = (share: number): string => `${Math.round(share * 100)}%`
const ms = (seconds: number): string => `${Math.round(seconds * 1000)} 毫秒`

export const REFUSALS_ZH: Readonly<Record<string, readonly [what: string, next: string]>> = {
  CLIENT_NO_CERTIFICATE: [
    '没有本 CA 签发的有效证书',
    '核对哪台设备证书过期或已吊销；需要时在“开通码”发新码重新开通。',
  ],
  CLIENT_ID_MISMATCH: ['客户端号与证书不一致', '可能是复制的配置或冒用身份。查审计，找到该设备。'],
  CLIENT_FORBIDDEN_FEATURE: [
    '使用了遗嘱、保留或持久会话',
    '不是本系统的设备端，或版本不对。升级该设备软件。',
  ],
  TOPIC_REFUSED: ['访问了不属于自己的主题', '设备只能用自己的主题。查审计；若非误配，吊销该设备。'],
  PACKET_TOO_LARGE: ['报文超过 64 KiB', '连接已断开。检查该设备软件版本；反复出现时吊销。'],
  HOST_REFUSED: ['页面用了别的主机名打开', '请用 127.0.0.1 或 localhost 打开本网关页面。'],
  ORIGIN_REFUSED: ['其他网页试图操作本网关', '关闭来历不明的网页，从网关自己的地址打开。'],
  CODE_REFUSED: ['开通码错误、已用或过期', '请技术员核对；需要时发新码。'],
  CODE_RATE_LIMITED: ['同一地址多次输错开通码', '等一小时，或确认是否有人在试码。'],
}

const HINTS_ZH: Readonly<Record<string, string>> = {
  receiver: '接收机自报',
  uniform_signals: '所有卫星信号一样强',
  time_jump: '卫星时间跳变',
}

export const CONDITIONS_ZH: ConditionWords = {
  cert_expired: {
    what: n => `证书已过期 ${n} 天`,
    next: () => '设备已无法连接。在“开通码”为它发新码，到车上重新开通。',
  },
  cert_ends: {
    what: n => (n < 1 ? '证书今天到期' : `证书还剩 ${n} 天`),
    next: () => '到期前重新开通：发开通码，技术员在车上扫码或输入。',
  },
  not_redeemed: {
    what: n => (n === 0 ? '已登记，等待开通' : `发码 ${n} 小时仍未开通`),
    next: () => '与技术员确认是否已到现场；码过期后在“开通码”重发。',
  },
  never_connected: {
    what: () => '网关启动后从未连接',
    next: () => '确认车辆已上电、SIM 卡有信号、设备里的网关地址正确。',
  },
  link_down: {
    what: n => (n === 0 ? '链路刚刚中断' : `链路中断 ${n} 分钟`),
    next: () => '先用电台联系该车；再查车载路由与天线。已存记录恢复后自动补传。',
  },
  fix_stale: {
    what: n => `链路正常，定位停在 ${n} 分钟前`,
    next: () => '检查 GNSS 天线与馈线，车辆是否在室内；派警不会推荐它。',
  },
  fix_never: {
    what: () => '链路正常，从未定位',
    next: () => '检查接收机串口、波特率和天线；在车上运行 reach5 selftest。',
  },
  queue_grows: {
    what: n => `积压 ${n} 条未送达`,
    next: () => '链路太慢或丢包。查信号强度；持续增长时换网络。',
  },
  outbox_fills: {
    what: n => `车上存储已用 ${percent(n)}`,
    next: () => '尽快恢复链路让它排空，否则事件将被拒收。',
  },
  store_poisoned: {
    what: () => '车上存储写入失败',
    next: () => '报警仍会直接发出，但不再落盘。查磁盘空间；不恢复就更换存储卡。',
  },
  store_repaired: { what: () => '车上存储修复过', next: () => '缺口已随回执说明。若反复出现，更换存储卡。' },
  store_memory: { what: () => '车上无持久存储', next: () => '断电会丢记录。检查存储卡是否装好。' },
  records_missing: {
    what: n => `缺 ${n} 条记录`,
    next: () => '等待补传；链路正常仍不减少时，查该车存储和审计中的 intake.lost。',
  },
  inputs_unknown: { what: n => `${n} 路输入未知`, next: () => '检查输入模块供电、RS-485 接线和地址。' },
  driver_fault: {
    what: (n, about) => `驱动故障 ${about}，${n} 分钟前`,
    next: () => '按设备详情中的说明处理；修复后一小时内不再出现即消除。',
  },
  battery_low: {
    what: n => (n === 0 ? '车辆电量低' : `车辆电量低，${n.toFixed(1)} V`),
    next: () => '位置上报已放慢，可能关机。请班组启动发动机；反复出现时检查电瓶和发电机。',
  },
  brown_outs: {
    what: n => (n === 1 ? '上次启动时掉电' : `连续 ${n} 次启动时掉电`),
    next: () => '启动机拉低了电压，记录没有丢。天冷前检查或更换电瓶。',
  },
  went_off: {
    what: n => `${n} 分钟前随熄火正常关机`,
    next: () => '记录已全部送达，不必处理；点火后自动上线。',
  },
  antenna_open: {
    what: () => '接收机天线断路',
    next: () => '检查接收机上的天线插头和到车顶的馈线。位置仍实时的，是无源天线，不必处理。',
  },
  antenna_short: {
    what: () => '接收机天线短路',
    next: () => '先从接收机上拔下天线，再更换天线和馈线；短路会损坏接收机。',
  },
  gnss_jammed: {
    what: () => '接收机报告信号受干扰',
    next: () => '多车同地出现：报无线电管理部门。只有一车：查车内充电器或干扰器。',
  },
  gnss_doubted: {
    what: (_, about) => `定位可能被欺骗：${HINTS_ZH[about] ?? about}`,
    next: () => '用电台向该班组核实位置。冷启动后出现的，一分钟内自行消失。',
  },
  datum_foreign: {
    what: (_, about) => `接收机使用坐标系 ${about}`,
    next: () => '这些位置一律不用。把接收机设为 WGS-84，或更换接收机。',
  },
  software_differs: {
    what: (_, about) => `软件版本 ${about}`,
    next: () => '与网关版本不同。安排下次回场升级。',
  },
  refusals: {
    what: (n, about) => `10 分钟内拒绝 ${n} 次：${REFUSALS_ZH[about]?.[0] ?? about}`,
    next: about => REFUSALS_ZH[about]?.[1] ?? '查看网关日志中同名事件。',
  },
  disk_low: {
    what: n => `网关磁盘只剩 ${percent(n)}`,
    next: () => '清理或扩容账本所在磁盘；写满后网关会停止接收并重启。',
  },
  commits_slow: {
    what: n => `落盘变慢，p99 ${ms(n)}`,
    next: () => '检查磁盘健康与其他占用；回执会变慢，车上积压会增加。',
  },
  loop_lags: { what: n => `事件循环延迟 p99 ${ms(n)}`, next: () => '检查本机 CPU 占用；减少同机程序。' },
  loop_queues: { what: n => `${n} 个事件在排队`, next: () => '短时高峰会自行排空；持续时查磁盘与 CPU。' },
  alarms_waiting: {
    what: n => `报警 ${Math.max(1, n)} 分钟无人确认`,
    next: () => '立即打电话给指挥中心值班指挥长。',
  },
  orders_waiting: { what: n => `${n} 条指令未回执`, next: () => '会自动重发；对应车辆断线时用电台通知。' },
  records_lost: {
    what: n => `设备声明丢失 ${n} 条`,
    next: () => '查审计 intake.lost，找到设备并检查其存储。',
  },
  stream_dropped: {
    what: n => `断开 ${n} 个跟不上的页面`,
    next: () => '看那台席位电脑是否卡顿；页面会自行重连。',
  },
  coverage_late: {
    what: n => `覆盖计算停在 ${Math.round(n)} 秒前`,
    next: () => '地图颜色已旧。查网关日志；必要时重启网关。',
  },
  just_started: { what: n => `网关 ${n} 秒前启动`, next: () => '各单位重新上报前显示为陈旧，一分钟内恢复。' },
}
