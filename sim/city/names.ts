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

/** A region has twenty times the streets of a town: more words, so that names stay short. */
const MORE_FIRST = [
  ...'云天海景青紫朝旭晨晓北辰南湖龙凤鹤鹿松柏桂兰梅竹杏桃柳榆槐枫银锦彩虹星月秋冬长久恒延庆嘉和谐诚忠孝廉勤俭敬学博雅清正高远宏伟振兴奋进创业兰亭',
]
const MORE_SECOND = [
  ...'山川河湖海江洲岛岸港湾桥渡塘池渠井岗岭峰谷原野田园圃林森柏松竹梅兰菊荷莲桂枫栖鸣飞翔腾跃耕读书画琴棋诗韵雅',
]
const SURNAMES = [
  ...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文',
]
const VILLAGE_SIDES = ['', '', '', ...'东西南北前后上下大小新']
const VILLAGE_ENDS = ['庄', '村', '家村', '家庄', '集', '楼', '寨', '屯', '堂', '洼', '家铺', '家堂']

/** Hands out every name once; a city of any size gets names, because words combine when the lists run dry. */
export class StreetNames {
  private readonly used = new Set<string>()
  private readonly random: Random
  private readonly northSouth: string[]
  private readonly eastWest: string[]
  private readonly lanes: string[]
  readonly river: string
  readonly rivers: readonly string[]
  private readonly first: readonly string[]
  private readonly second: readonly string[]

  constructor(random: Random, { wide = false }: { readonly wide?: boolean } = {}) {
    this.random = random
    this.first = wide ? [...new Set([...FIRST, ...MORE_FIRST])] : FIRST
    this.second = wide ? [...new Set([...SECOND, ...MORE_SECOND])] : SECOND
    this.northSouth = random.shuffle(NORTH_SOUTH)
    this.eastWest = random.shuffle(EAST_WEST)
    this.lanes = random.shuffle(LANE_WORDS)
    this.river = random.pick(RIVERS)
    this.rivers = [this.river, ...RIVERS.filter(name => name !== this.river)]
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

  /** 前孟家庄: one of the hundreds of villages of a region. */
  hamlet(): string {
    return this.once(
      () => this.random.pick(VILLAGE_SIDES) + this.random.pick(SURNAMES) + this.random.pick(VILLAGE_ENDS),
    )
  }

  /** 文安镇. */
  township(): string {
    return this.once(() => this.freshWord() + this.random.pick(['镇', '镇', '镇', '乡']))
  }

  /** A word that no street, township or grid has yet. */
  word(): string {
    return this.once(() => this.freshWord())
  }

  private freshWord(): string {
    return this.random.pick(this.first) + this.random.pick(this.second)
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
