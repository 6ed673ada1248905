import type { Random } from '../random.ts'

/*
 * How streets are called in a county town of Shandong: a long road keeps one word and takes the side of town as it
 * leaves the core (大成路, 大成东路, 大成西路), north-south roads tend to be 街 and east-west ones 路, a lane is 巷 or 胡同.
 * The words are common ones of the region; no list of real streets is behind them.
 */
const NORTH_SOUTH =
  '大同 秉礼 龙虎 弘道 崇德 校场 兴安 裕隆 迎宾 崇文 文昌 尚德 古泮 望岳 博学 敬业 归德 凤凰 文献 金庭 腾飞 建设 明德 泰和'.split(
    ' ',
  )
const EAST_WEST =
  '春秋 静轩 仓庚 延恩 长青 有朋 中兴 光明 发展 科技 杏坛 汉魏 泗水 人民 和平 尼山 新华 解放 永宁 锦绣 洙泗 曙光 东方 青年'.split(
    ' ',
  )
const LANE_WORDS =
  '仓巷 官园 半壁 颜庙 五马 通相 后作 书院 考院 钟楼 天官 古泉 古槐 石桥 柴市 米市 布市 花园 盐店 铁匠 羊市 染坊 槐荫 旧县 竹竿 灯笼 南池 北池 马神 关庙 老井 磨坊 豆腐 草料 双井 状元 举人 文庙 学前 府前 龙头 影壁'.split(
    ' ',
  )
const FIRST = [...'文武德仁义礼智信永兴安康福寿明光金玉瑞祥春华富友和泰宁吉平昌盛庆荣惠民新']
const SECOND = [...'安和平宁兴隆昌盛泰康乐园庭苑泉苗源丰华荣辉林溪岭亭桥坊门水']
const RIVERS = ['小沂河', '清水河', '玉带河', '白马河', '洙水河']
const VILLAGES =
  '孔 颜 孟 曾 王 张 李 陈 刘 宋 东方 西陈 大雪 小雪 前王 后王 北关 店北 董 丁 夏 林 高 马'.split(' ')

/** Hands out every name once; a city of any size gets names, because words combine when the lists run dry. */
export class StreetNames {
  private readonly used = new Set<string>()
  private readonly random: Random
  private readonly northSouth: string[]
  private readonly eastWest: string[]
  private readonly lanes: string[]
  readonly river: string

  constructor(random: Random) {
    this.random = random
    this.northSouth = random.shuffle(NORTH_SOUTH)
    this.eastWest = random.shuffle(EAST_WEST)
    this.lanes = random.shuffle(LANE_WORDS)
    this.river = random.pick(RIVERS)
  }

  /** The word of a north-south arterial, without 街 or 路: the caller adds the side of town. */
  northSouthWord(): string {
    return this.northSouth.pop() ?? this.freshWord()
  }

  eastWestWord(): string {
    return this.eastWest.pop() ?? this.freshWord()
  }

  /** A lane of the old town: 颜庙街, 半壁巷, 柴市胡同. */
  lane(): string {
    return this.once(
      () => (this.lanes.pop() ?? this.freshWord()) + this.random.pick(['街', '街', '巷', '巷', '胡同']),
    )
  }

  /** A street of the new town between two arterials. */
  local(northSouth: boolean): string {
    return this.once(() => this.freshWord() + (northSouth ? this.random.pick(['街', '街', '路']) : '路'))
  }

  village(): string {
    return this.once(() => this.random.pick(VILLAGES) + this.random.pick(['家村', '庄', '家庄', '村']))
  }

  private freshWord(): string {
    return this.random.pick(FIRST) + this.random.pick(SECOND)
  }

  private once(make: () => string): string {
    for (let tries = 0; ; tries += 1) {
      // A word taken twice gets a side of town, then a third part, so even 10,000 lanes end up apart.
      const name = tries < 8 ? make() : this.random.pick([...'东西南北前后上下']) + this.freshWord() + make()
      if (this.used.has(name)) continue
      this.used.add(name)
      return name
    }
  }
}
