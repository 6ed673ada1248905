import type { ErrorCode } from '#protocols/errors.ts'

/** The faults that drivers of a car record, for the page in Chinese; English is that of the codes themselves. */
export const FAULTS_ZH: Readonly<Partial<Record<ErrorCode, string>>> = {
  PORT_ABSENT: '找不到串口。检查插头；车载程序会自动重试。',
  PORT_BUSY: '串口被其他程序占用。停用它（常见为 ModemManager 或 gpsd）。',
  PORT_DENIED: '没有串口权限。把用户加入 dialout 组。',
  PORT_FAILED: '串口出错，驱动的原话见详情。',
  PORT_TIMEOUT: '串口写入未完成。检查线缆。',
  PORT_SILENT: '串口已打开但收不到数据。检查设备供电和线缆；会自动重新打开。',
  PORT_GARBLED: '收到的字节在此波特率下无意义。会自动尝试其他波特率；检查线缆和接地。',
  TOOL_ABSENT: '缺少系统程序。安装 gpiod（本机 I/O）或 can-utils（CAN）。',
  TOOL_FAILED: '系统程序出错，原话见详情。检查芯片或接口是否存在。',
  PANEL_OUTPUT: '输入模块未按时确认输出，仍在重试。检查模块和接线。',
  CAMERA_LAPSED: '执法记录仪在触发期间停止，已重新启动。检查存储卡和电量。',
  ANTENNA_OPEN: '接收机感觉不到天线：未插好或线缆断开。先查接收机端插头，再查线缆。',
  ANTENNA_SHORT: '天线电流过大：线缆压坏或进水。从接收机拔下并更换。',
  ANTENNA_OK: '天线恢复正常，无需处理；若反复出现，是插头松动。',
  BATTERY_LOW: '车辆电瓶电压低。启动发动机，或检修电瓶。',
  OUTBOX_FULL: '车上存储已被未送达的事件占满。恢复链路。',
  OUTBOX_POISONED: '一次写入失败，正在重新打开并校验存储。若持续：更换磁盘。',
}
