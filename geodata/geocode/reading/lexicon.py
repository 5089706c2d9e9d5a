"""The words of the grammar: everything in a location text that is not a name.

Each rule says which characters can begin it, so that a text is only tried against the few rules
that fit; no pattern can run away (no nested repetition over the same characters).
"""

from __future__ import annotations

from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.rules import (
    Rule,
    both_sides,
    built,
    fixed,
    gate,
    measured,
    middle,
    plain,
    reach,
    rule,
    sided,
)

_DIR = "东北|西北|东南|西南|东|南|西|北"
_END = r"(?=$|[,;、()的\d约]|非机动|人行道|慢车道|便道|绿化)"
_NUMERIC = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIRS = "东西南北"

_FIGURE = r"\d{1,6}(?:\.\d{1,3})?"
_POST = r"(?:\d{1,4}\+\d{1,3}(?:\.\d{1,3})?)"
# K645+300, DK389+107.840, QL6+330, 4+376; without the metres only after K
_KILOMETRES = rf"(?:(?:[A-Z]{{0,3}}K|[A-Z]{{1,3}})?{_POST}|[A-Z]{{0,3}}K\d{{1,4}}(?:\.\d{{1,3}})?)"
_NOT_A_HOUSE = r"(?!楼|线|门(?!面|市|脸)|口|铺|商铺|店|公馆|桥|闸|坝|库|坑|地块|路|街|井|码头|航站|车间|仓|馆|柜|档|摊|亭|出口|入口|出入口|营|矿|标|机|棚|房|塔|台|泵|变电|宫|会所|厅|厂)"


RULES: tuple[Rule, ...] = (
    # figures
    rule(
        _NUMERIC + "约大走步直前行近不",
        rf"(?:约|大约|大概|近|不到|走|步行|直行|前行|行)*(?P<low>{_FIGURE})(?:[-~至到](?P<high>{_FIGURE}))?"
        r"(?:余|多|来)?(?P<unit>米|公里)(?:左右|远|处|地|开外|多|的位置|位置)*(?!粉|线|皮|村|兰|其|厨|面|饭|香)",
        0.1,
        measured(t.DISTANCE),
    ),
    rule(
        _NUMERIC,
        r"(?P<low>\d{1,4})(?:[-~](?P<high>\d{1,4}))?(?:处)?(?![\d.号院弄层楼栋幢座室米公单元期组年月日国省县乡辅A-Za-z+亩%-]|路(?![东西南北]))",
        0.9,
        measured(t.DIGITS),
    ),
    rule(
        _NUMERIC + "甲乙丙丁附新",
        r"(?:[甲乙丙丁新]?\d{1,5}(?:-\d{1,4}|-?[A-Za-z](?![A-Za-z])){0,3}(?:号(?:大院|家属院|院)|院|弄|号"
        + _NOT_A_HOUSE
        + ")"
        + r"(?:(?:附|之|-附?)-?\d{1,4}(?:号"
        + _NOT_A_HOUSE
        + r"|(?=$|[,;()])))?|附-?\d{1,4}号?"
        + _NOT_A_HOUSE
        + r"|\d{1,5}(?:-\d{1,4}){1,2}(?:-?附-?\d{1,4})?(?![\d米公层楼栋幢座室+~]))",
        0.25,
        plain(t.NUMBER),
    ),
    rule(
        _NUMERIC + _LETTERS + "负地第甲乙丙丁东西南北商底门沿一",
        r"(?:(?:第|负|地下|-)?[A-Za-z]?-?\d{1,4}(?:[-~、/]\d{1,4})*(?:号楼|#楼?|栋|幢|座|单元|层|楼|室|号?商铺|号?铺位?|号(?:摊位|档口|房|店铺)|排|户|组|F)"
        r"|[A-Za-z](?:\d{0,4})(?:[-~]?[A-Za-z]?\d{1,5})?(?:座|栋|幢|号楼|楼|层|馆|单元|号铺?位?|号?商铺|铺位?)|[BFL]\d{1,4}(?:-\d{1,4})?(?:层|楼)?(?![\dA-Za-z])"
        r"|[A-Za-z]\d{0,2}-\d{1,4}(?:-\d{1,4})?|(?:[甲乙丙丁]|东|西|南|北)(?:座|单元|楼|栋|塔)|(?:负|地下)(?:\d层?|层)|(?:沿街|底层|一层)?(?:商铺|底商|门面房?|大堂)\d{0,4}号?)",
        0.3,
        plain(t.DETAIL),
    ),
    # a length is no offset; the parser leaves it aside as unread
    rule("全总长宽面", r"(?:全长|总长|长|宽|面积)约?[\d.~-]+[余多]?(?:平方米|公里|米|亩)", 0.2, plain(t.RUN)),
    # chainage
    rule(
        _NUMERIC + "KDABCEFGHIJLMNOPQRSTUVWXYZ里桩公",
        rf"(?:里程桩号|里程桩|里程|桩号|公里桩)?:?{_KILOMETRES}(?:[-~至到]{_KILOMETRES})?(?:处)?(?![\dA-Za-z])",
        0.05,
        plain(t.CHAINAGE),
    ),
    rule("里桩公", r"(?:里程桩号|里程桩|里程|桩号|公里桩):?", 0.2, plain(t.NOISE)),
    # directions
    rule(
        "向往朝偏再然继",
        rf"(?:再|然后|继续)*(?:向|往|朝着|朝|偏)正?(?P<d>{_DIR})(?:方向|侧|边|面)?(?:行走|行驶|直走|直行|步行|前行|走|行|这|大约|约)*",
        0.1,
        sided(t.TOWARD),
    ),
    rule(_DIRS + "正", rf"正?(?P<d>{_DIR})(?:方向|走|行)(?!街|路|政)", 0.3, sided(t.TOWARD)),
    rule(_DIRS + "正", rf"正?(?P<d>{_DIR}){_END}", 0.2, sided(t.BARE)),
    rule(_DIRS + "正", rf"正?(?P<d>{_DIR})", 0.55, sided(t.BARE)),
    rule("东西", r"(?P<d>[东西][南北])(?:角落|拐角|角上|角处|角)", 0.05, sided(t.CORNER)),
    rule("东西南北", r"(?P<d>[东西南北])(?:路口|[出进]口车?道|出口|进口|口)", 0.2, sided(t.ARM)),
    rule("以之", rf"(?:以|之)(?P<d>{_DIR})(?:方向)?", 0.05, sided(t.BOUND)),
    rule("以之", r"(?:以上|以下|之上|之下)", 0.4, plain(t.NOISE)),
    rule(_DIRS, r"(?P<d>[东西南北])(?:侧|边|面)?(?:起至|至|到|临|邻|靠|接|抵)", 0.02, reach),
    rule(
        "围合",
        r"(?:围合|合围|围成|合围成)(?:而成|成)?的?(?:区域|地块|地段|范围|三角地|部分|地方)?内?",
        0.05,
        plain(t.ENCLOSED),
    ),
    # sides
    rule(
        _DIRS + "左右两双路道马",
        rf"(?:马路|道路|路|道)?(?P<d>{_DIR}|左|右|两|双)(?:侧边|侧|边|面|半幅|半边|半侧|岸边|岸|畔|部|幅)"
        r"(?:路边|的?人行道|非机动车道|慢车道|快车道|辅道|便道)?",
        0.1,
        sided(t.SIDE),
    ),
    rule("路", rf"路(?P<d>{_DIR})(?:侧|边|面|角)?(?!路|街|门)", 0.25, sided(t.SIDE)),
    rule(_DIRS, rf"(?P<d>[东西南北])邻{_END}", 0.1, sided(t.SIDE)),
    rule("双南东两左", r"(?:南北|东西)?双向|两旁|两厢|(?:南北|东西|左右)两?(?:侧|岸|边)", 0.1, both_sides),
    rule(
        _DIRS,
        rf"(?P<d>{_DIR})(?:围墙|院墙|墙)(?:外侧|内侧|外|内|边|根|下|上)?",
        0.2,
        sided(t.SIDE),
    ),
    rule("路中桥", r"路中间?|路中央|中央|桥中间?", 0.4, middle),
    # parts of a line
    rule(
        "全沿临一整",
        r"全路段|全线|全段|全程|全路|沿线|沿街|临街|沿路|沿岸|整段|整条",
        0.1,
        fixed(t.EXTENT, "whole"),
    ),
    rule(_DIRS + "中最", r"最?(?P<d>[东西南北中])(?:半段|段|头|首|端)", 0.15, sided(t.EXTENT)),
    rule(_DIRS, r"(?<=村)(?P<d>[东西南北])地(?!铁|块|下)", 0.1, sided(t.EXTENT)),
    rule("两三四五", r"[两三四五]条(?:道路|路|街)(?=围合|合围|围成)", 0.1, plain(t.NOISE)),
    rule("村", r"(?<=村)村(?P<d>[东西南北])(?:头|侧|边|口)", 0.1, sided(t.EXTENT)),
    rule("路段区部地", r"部分路段|区段|区间|路段|地段|段", 0.2, plain(t.SEGMENT)),
    rule("之中", r"之间|中间", 0.1, plain(t.BETWEEN)),
    # crossings
    rule("交", r"交叉口(?:处)?", 0.02, plain(t.MEET)),
    rule("路", r"路口(?:处)?", 0.3, plain(t.MEET)),
    rule("转环红信", r"转盘|环岛|红绿灯|信号灯", 0.1, plain(t.MEET)),
    rule("口", r"(?<=[路街道巷])口(?:处)?", 0.2, plain(t.MEET)),
    rule("口", r"(?<![路街道巷])口(?:处)?", 0.5, plain(t.MEET)),
    rule("与和及&/×跟暨并以+同", r"以及|与|和|及|&|/|×|跟|暨|并|\+|同", 0.12, plain(t.JOIN)),
    rule("-~", r"[-~]+", 0.1, plain(t.DASH)),
    rule("、", r"、", 0.05, plain(t.LIST)),
    rule("至到起走", r"起至|起到|走至|走到|一直到|直至|至|到", 0.15, plain(t.TO)),
    rule("从自由起", r"从|自|由|起于|起点", 0.3, plain(t.FROM)),
    rule("沿顺经", r"沿着|沿|顺着|经由|途经|经过", 0.3, plain(t.ALONG)),
    # built things
    rule(
        "立高大特天人铁公桥涵隧下地闸拦橡坝水泵匝道辅道排溢过",
        r"(?P<built>(?:铁路)?(?:下穿|下沉|地下)?式?(?:铁路)?(?:隧道|涵洞|地道)口?|立交桥?|高架桥?|特大桥|大桥|人行天桥|天桥|过街天桥|铁路桥|公路桥|桥头|桥梁|桥涵|桥洞|桥"
        r"|涵洞|涵|闸口|水闸|闸|拦河坝|橡胶坝|坝|泵站|铁路道口|道口|铁轨|铁道|轨道|匝道|地面道路|溢流堰|排污口|排水口)",
        0.3,
        built,
    ),
    rule(_NUMERIC, r"\d{1,2}号(?:水闸|闸|桥|坝|泵站|匝道|涵洞)", 0.15, plain(t.STRUCTURE)),
    rule("下上跨横穿", r"下穿|上跨|上穿|横跨|跨越|穿越|穿过|跨|穿", 0.3, plain(t.PASS)),
    rule(
        "东西南北辅慢快非人便绿",
        r"[东西南北]?辅(?:道|路)|慢车道|快车道|非机动车道|人行道|便道|绿化带",
        0.15,
        plain(t.NOISE),
    ),
    # parts of a place
    rule(
        _DIRS + _NUMERIC + "正大后侧前",
        r"(?P<part>(?:东南|东北|西南|西北|[东西南北])(?:区|侧)?\d?号?(?:大门|门)|[正后侧前]门|大门|\d{1,2}号?门)(?:口|前|处|外|岗|出口|入口)?",
        0.1,
        gate,
    ),
    rule(
        _LETTERS + _NUMERIC + "出入进",
        r"(?P<part>[A-Za-z]\d?号?(?:出入口|进出口|出口|入口|口)|\d号?(?:出入口|出口|入口|口)|出入口|出口|入口)",
        0.2,
        gate,
    ),
    # relations
    rule("正斜路对", r"(?:正|斜|路)?对面|斜对过|对过|正对着?", 0.1, fixed(t.RELATION, "opposite")),
    rule("旁隔紧侧", r"旁边|隔壁|紧挨着?|侧旁", 0.1, fixed(t.RELATION, "beside")),
    rule("旁", r"旁(?=胡同|小巷|巷子|小路|空地|绿地)", 0.1, fixed(t.RELATION, "beside")),
    rule(
        "胡巷",
        r"(?:(?<=[旁后前内侧])|(?<=路[东西南北]))(?:胡同|巷子?)(?=$|[,;、()的内里])",
        0.2,
        plain(t.NOISE),
    ),
    rule("旁", rf"旁{_END}", 0.15, fixed(t.RELATION, "beside")),
    rule("附周一左", r"附近|周边|周围|一带|左近", 0.1, fixed(t.RELATION, "near")),
    rule(
        "门大院店楼村",
        r"大门前|大门口|门前|门口|(?<=[号栋幢座\d])楼前|(?<![医学法书剧影议戏画寺大])院前|店门口|(?<=村)村口",
        0.1,
        fixed(t.RELATION, "front"),
    ),
    rule("前", rf"前面?{_END}", 0.2, fixed(t.RELATION, "front")),
    rule(
        "后背院楼",
        rf"后面|背后|(?<![医学法书剧影议戏画寺大])院后|(?<=[号栋幢座\d])楼后|后院|后{_END}",
        0.2,
        fixed(t.RELATION, "behind"),
    ),
    rule(
        "院楼校里内",
        r"(?<=[号栋幢座\d])楼内|(?<![学党军驾技])校内|里面|里边|内部|(?<![医学法书剧影议戏画寺大])院内",
        0.15,
        fixed(t.RELATION, "inside"),
    ),
    rule("洗卫厕", r"(?<=[站场院店楼厦])(?:洗手间|卫生间|厕所)内?", 0.1, fixed(t.RELATION, "inside")),
    rule("内", rf"内{_END}", 0.2, fixed(t.RELATION, "inside")),
    rule("里", rf"里{_END}", 0.4, fixed(t.RELATION, "inside")),
    rule("下底", rf"底下|下面|下方|下{_END}", 0.2, fixed(t.RELATION, "under")),
    rule("近靠邻临毗紧距离挨", r"靠近|邻近|临近|毗邻|紧邻|紧靠|距离|距|离|近|挨着|临", 0.5, plain(t.NEAR)),
    # words that carry nothing
    rule("经", r"(?:(?<=[,;、])|^)经(?![一二三四五六七八九十东西南北开济纬])", 0.1, plain(t.ALONG)),
    rule(
        "市群居业来投反举请您你我住家本",
        r"(?:市民|群众|居民|业主)?(?:来电|来信)?(?:反映|投诉|举报)(?:称|说)?|(?:市民|群众|居民|业主)(?:称|说)|来电人?(?:称|说)?|请问|您好|你好|(?:我们?|本人)?(?:家住在?|住在)|本人|我家在",
        0.1,
        plain(t.NOISE),
    ),
    rule("楼", r"(?<=[楼栋幢座])楼下", 0.1, plain(t.NOISE)),
    rule("前后", r"(?<=[院楼号])[前后](?:胡同|巷)(?=$|[,;、()的内里])", 0.2, plain(t.NOISE)),
    rule("站", r"(?<=[路街道])站(?=[东西][南北]角)", 0.2, plain(t.NOISE)),
    rule("四", r"四角|四周", 0.1, plain(t.NOISE)),
    rule("道", r"(?<=[的间])道路", 0.1, plain(t.NOISE)),
    rule("绿滨", r"(?:滨河|沿河)?绿道", 0.1, plain(t.NOISE)),
    rule(
        "小巷过空荒绿土步堤大河护岸滩路",
        r"(?:小路|小巷|小道|巷子|过道|空地|荒地|绿地|土路|步道|堤顶|大堤|河堤|堤岸|护坡|岸坡|滩地|路基)上?"
        r"(?=$|有|[,;、()的内里上处外旁边至到]|桩号|K\d)",
        0.15,
        plain(t.NOISE),
    ),
    rule(_NUMERIC, r"\d{1,3}路公交(?:车|线路)?(?!站|牌|停)", 0.4, plain(t.NOISE)),
    rule("位地处坐就的", r"就是|位于|地处|处于|坐落于|的", 0.1, plain(t.NOISE)),
    rule(
        "围墙整水沿临",
        rf"(?:围墙|墙)(?:外侧|内侧|[上外内边体])?(?:{_END}|(?=小路|小巷|胡同|空地))|整个水域|水域",
        0.2,
        plain(t.NOISE),
    ),
    rule(
        "上下底前后内里",
        r"(?<=[桥隧道洞闸坝])(?:下面|底下|下(?!穿|游)|上(?!游)|前|后|内|里)",
        0.1,
        plain(t.NOISE),
    ),
    rule("上下", r"上行线|下行线|上下行|上行|下行|上游|下游", 0.2, plain(t.NOISE)),
    rule("路边", rf"路边|路旁|边{_END}", 0.3, plain(t.NOISE)),
    rule("上外处", r"[上外处](?=$|[,;、()的])|处(?=到|至|与|和)", 0.15, plain(t.NOISE)),
    rule(
        "一有是在上外处这该某那就等家个座约起止路",
        r"一处|一个|一家|这个|就是|路上|[一有是在上外处这该某那等约起止]",
        0.6,
        plain(t.NOISE),
    ),
    # marks
    rule(",;:·| ", r"[,;:·| ]+", 0.02, plain(t.STOP)),
    rule("(", r"\(", 0.0, plain(t.OPEN)),
    rule(")", r"\)", 0.0, plain(t.CLOSE)),
)
