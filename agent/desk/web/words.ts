import { computed } from '@preact/signals'
import type { DeskItem } from '#protocols/kiosk.ts'
import type { WalkInClass } from '#protocols/walk-in.ts'
import { openSettings } from '#protocols/web/settings.ts'

export const settings = openSettings('desk', { first: 'desk' })

const zh = {
  title: '值班台',
  language: 'English',
  theme: { day: '夜间', night: '日间' },
  up: '指挥中心在线',
  down: '指挥中心断开，内容已存本机',
  queue: (n: number) => `待上报 ${n} 条`,
  away: '本机程序没有回应',
  muted: '点一下屏幕，打开声音',
  waiting: '待处理',
  taken: '已接手',
  nothing: '现在没有人等候',
  take: '我来处理',
  kinds: { alarm: '紧急求助', call: '群众找民警', report: '群众报警' } satisfies Record<
    DeskItem['kind'],
    string
  >,
  urgent: '紧急',
  classes: {
    injury: '有人受伤',
    theft: '被偷被抢',
    vice: '黄赌毒',
    fraud: '被骗',
    help: '求助',
    dispute: '纠纷',
    traffic: '交通事故',
    lost_person: '家人走失',
    other: '其他',
    tip_off: '举报',
    complaint: '投诉',
  } satisfies Record<WalkInClass, string>,
  officerWrites: '请民警代写',
  written: '已写经过',
  contact: { phone: '留了电话', none: '没有电话，人在自助机旁', anonymous: '不留姓名' },
  delivered: '指挥中心已收到',
  pending: '待上报',
  acknowledged: '指挥中心已确认',
  age: (s: number) =>
    s < 60 ? `${s} 秒前` : s < 3600 ? `${Math.floor(s / 60)} 分钟前` : `${Math.floor(s / 3600)} 小时前`,
}
const en: typeof zh = {
  title: 'Duty desk',
  language: '中文',
  theme: { day: 'Night', night: 'Day' },
  up: 'Command centre connected',
  down: 'Command centre away; everything is kept here',
  queue: n => `${n} to send`,
  away: 'The program on this computer does not answer',
  muted: 'Touch the screen to turn sound on',
  waiting: 'Waiting',
  taken: 'Taken',
  nothing: 'Nobody is waiting now',
  take: 'I take it',
  kinds: { alarm: 'EMERGENCY', call: 'Officer wanted', report: 'Report' },
  urgent: 'Emergency',
  classes: {
    injury: 'Injury',
    theft: 'Theft',
    vice: 'Vice',
    fraud: 'Fraud',
    help: 'Help',
    dispute: 'Dispute',
    traffic: 'Traffic',
    lost_person: 'Missing person',
    other: 'Other',
    tip_off: 'Tip-off',
    complaint: 'Complaint',
  },
  officerWrites: 'Wants an officer to write',
  written: 'Story written',
  contact: { phone: 'Left a phone number', none: 'No phone, is at the kiosk', anonymous: 'Anonymous' },
  delivered: 'Centre has it',
  pending: 'To be sent',
  acknowledged: 'Centre acknowledged',
  age: s =>
    s < 60 ? `${s} s ago` : s < 3600 ? `${Math.floor(s / 60)} min ago` : `${Math.floor(s / 3600)} h ago`,
}
export const words = computed(() => (settings.language.value === 'zh' ? zh : en))
