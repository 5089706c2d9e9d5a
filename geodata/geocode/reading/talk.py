"""Words that tell nothing of where: what every notice says, what is wrong there, that nobody knows."""

from __future__ import annotations

import re

from geodata.geocode.reading.evidence import PLACE_END

_SAYS_SOMETHING = re.compile(r"[一-龥]|[A-Za-z]{2}")
_SAYS_NOTHING = re.compile(
    r"详见|详情|见图|如图|见附件|附件|无法确定|无法提供|未提供|不知道|不清楚|不详|不明|未知|待核实|待定|哪里|哪儿"
)
# Words that many notices use and that name no place, in any combination: 一无名工地, 沿街门店.
_COMMON_WORDS = """
    一 某 该 此 这 那 有 处 个 座 家 片 段 多 楼 路 街道 的 是 本 各 我 们 外 内 里 上 下 旁 前 后 等 附 距 约 到 至 长 口 号 标 河 河段
    以上 以下 汇合口 无名 新建 在建 正在 施工 道路 工程 工地 项目 项目部 门店 店铺 商户 门面 小餐饮 店 餐饮 市政 小小 距离 百米 行驶
    南北 东西 整个 水域 路上 地方 位置 地段 区域 范围 墙上 围墙 大型 河道 河水 水面 水体 栅栏 护网 护栏 空地 绿地 绿化带 楼道 楼下 大厅
    路面 路段 过道 拐角 垃圾 背街 背街小巷 主次干道 小区 公交站 公交站台 公交站点 公交站牌 停车场 商铺 河长 全长 不远 四角 一侧 单号 双号
    村民 村民房 民房 住户 居民 居民楼 房屋 三角地 三角地带 土地 坑塘 大坑 地块 用地 生产路 田间路 小吃摊 烧烤摊 摊 摊位 厂房 废弃 夜市
    垃圾池 垃圾房 垃圾桶 公厕 小院 院落 大堤 水果 水果摊 商贩 破损 铁路 地铁 变压器 配电箱 电线杆 路灯 红绿灯 信号灯 井盖 窨井 窨井盖
    围挡 现场 广场 广场舞 广告牌 全市 全区 全街 辖区 主要 城市 城区 出入口 城乡接合部 城乡结合部 小巷 小路 小道 小街 胡同 巷 巷子 积水
    商业 社区 办事处
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_LONGEST = max(map(len, _COMMON))
_COUNTED = re.compile(
    r"第[一二三四五六七八九十\d]{1,4}[个根盏棵家]?|[\d.]{1,8}亩"
    r"|(?:全长|总长|长|宽|面积)约?[\d.~-]{1,12}[余多]?(?:平方米|公里|米|亩)"
)
# What is wrong there, not where it is.
_TROUBLE = re.compile(
    r"扰民|占道|出店|店外|垃圾(?!站|场|中转|焚烧|处理|房|池|箱|桶)|堆[放积]|杂物|没人|无人|乱[堆放停倒贴扔排丢画涂]|裸露|覆盖|不亮"
    r"|破损|损坏|积水|污水横|修好|什么时候|反映|投诉|施工|围挡|聚集|流动|油烟|噪[音声]|堵塞|拥堵|坍塌|塌陷|脱落|缺失|倾倒|保洁|清理"
    r"|清运|共享单车|严重|影响|杂草|有人|我住|家住|臭|异味|改造工程|管网工程"
)
_ON_THE_SPOT = re.compile(r"现场$")


def is_empty_talk(words: str) -> bool:
    """Return whether words that no rule explains name no place at all.

    Parameters
    ----------
    words
        A run of normalised characters.
    """
    return (
        not _SAYS_SOMETHING.search(words)
        or _is_common_throughout(words)
        or _SAYS_NOTHING.search(words) is not None
    )


def tells_trouble(words: str) -> bool:
    """Return whether words tell what is wrong and name no place: 夜间施工扰民, but not 某某施工工地.

    Parameters
    ----------
    words
        A run of normalised characters.
    """
    placed = PLACE_END.search(words) is not None and not _ON_THE_SPOT.search(words)
    return not placed and _TROUBLE.search(words) is not None


def _is_common_throughout(words: str) -> bool:
    """Return whether words can be cut into common words; linear, where a pattern could run away."""
    ends = {0}
    for at in range(len(words)):
        if at not in ends:
            continue
        if (counted := _COUNTED.match(words, at)) is not None:
            ends.add(counted.end())
        ends.update(at + size for size in range(1, _LONGEST + 1) if words[at : at + size] in _COMMON)
    return len(words) in ends
