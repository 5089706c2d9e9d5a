"""Text copied from a chat, one problem a line, to rows: who said it, when, what; phones kept apart.

Lines that only carry the conversation (a sender with a time, a date between dashes, a forward's head)
are no rows: they give the rows below them their sender and date, and are listed as skipped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from service.intake.formats.limits import CellBudget, clean, sheet

HEADER = ["问题描述", "上报人", "日期", "电话", "原文"]
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
_DATE = r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月\d{1,2}[日号]|\d{1,2}[-/]\d{1,2}|前天|昨天|今天|(?:星期|周|礼拜)[一二三四五六日天])"
_TIME = r"(?:上午|下午|晚上|凌晨|早上|中午|AM|PM)?\s*\d{1,2}:\d{2}(?::\d{2})?\s*(?:AM|PM)?"
_WHEN = rf"(?:(?P<date>{_DATE})\s*(?:(?:星期|周)[一二三四五六日天])?\s*)?{_TIME}"
_SENDER = re.compile(rf"^(?P<who>\S.{{0,29}}?)\s*[\[(]?\s*{_WHEN}[\])]?$")
_SENDER_AFTER = re.compile(rf"^[\[(【]?{_WHEN}[\])】]?\s*[-–—]?\s*(?P<who>[^\s:：，。、]{{1,20}})\s*[:：]?$")
_INLINE = re.compile(rf"^[\[(【]?{_WHEN}[\])】]?\s*(?P<who>[^\s:：，。、]{{1,20}})\s*[:：]\s*(?P<text>.+)$")
_NAMED = re.compile(r"^@?(?P<who>[^\s:：，。、@]{1,20})\s*[:：]\s*(?P<text>.*)$")
_DAY = re.compile(
    rf"^[\s\-—–=_*·~]*(?P<date>{_DATE})\s*(?:星期[一二三四五六日天]|周[一二三四五六日天])?[\s\-—–=_*·~]*$"
)
_FORWARD = re.compile(
    r"^(?:【?\[?转发\]?】?[:：]?|.{0,30}的聊天记录|[-—\s]*(?:以下|以上)(?:是|为)?.{0,12}(?:转发|消息|聊天)?[:：]?[-—\s]*|-+\s*Forwarded.*)$"
)
_SYSTEM = re.compile(r"(?:撤回了一条消息|加入了?群聊|移出了?群聊|修改群名|拍了拍)")
_TAGS = re.compile(
    r"\[(?:图片|视频|照片|语音|表情|位置|文件|链接|动画表情|强|玫瑰|抱拳|OK)\]|【(?:图片|视频|位置)】|@所有人|@\S{1,20}\s"
)
_PHONE = re.compile(
    r"(?:(?:联系|咨询|举报)?(?:电话|手机|方式)\s*(?:号码?)?\s*[:：是]?\s*)?(?<!\d)(?P<number>(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}|0\d{2,3}[-\s]?\d{7,8})(?!\d)"
)
_NUMBERING = re.compile(
    r"^(?:\d{1,3}\s*[、)]|\d{1,3}\.(?!\d)|\(\d{1,3}\)|[①-⑳⑴-⒇⒈-⒛]|\(?[一二三四五六七八九十]{1,3}[、)]|第?[一二三四五六七八九十\d]{1,3}[、条]|[-•·●■◆*>]\s*)\s*"
)
_CIRCLED = re.compile(r"[①-⑳]、?")
_CHATTER = re.compile(r"^(?:收到|好的?|好嘞|谢谢|多谢|辛苦了?|ok|okk|嗯+|知道了|明白|了解|已(?:处理|整改|安排|转)|马上(?:处理|安排)?|赞|大家好|各位(?:领导|同事)?(?:好|辛苦了)?|早上好|下午好|晚上好|请(?:查收|尽快处理|处理)|\+?1|6+)[,，。.!！~～\s]*$", re.IGNORECASE)  # fmt: skip
_LABELS = frozenset(
    [
        "位置",
        "地点",
        "地址",
        "问题",
        "时间",
        "日期",
        "描述",
        "情况",
        "备注",
        "说明",
        "电话",
        "联系人",
        "要求",
        "事由",
        "类别",
        "路段",
        "单位",
        "补充",
        "紧急",
        "注意",
        "更正",
    ]
)
_PLACE_ENDINGS = "路街道巷桥渠河村口区园场站城里院号店"


@dataclass
class _Talk:
    """What the lines so far said about the ones to come."""

    who: str = ""
    date: str = ""
    senders: set[str] = field(default_factory=set)


def read_chat(content: str) -> dict[str, Any]:
    """Return the messages of a text as one sheet; `skipped` names the lines that only carry the talk."""
    talk, budget = _Talk(), CellBudget()
    rows: list[tuple[int, list[str]]] = [(0, list(HEADER))]
    skipped: list[list[Any]] = []
    refused: dict[str, str] = {}
    lines = [(line, clean(text)) for line, text in enumerate(content.splitlines(), 1)]
    talk.senders = {found for _, text in lines if (found := _sender_of(_folded(text)))}
    for line, text in lines:
        if not text:
            continue
        budget.take(len(HEADER))
        why = _about_the_talk(_folded(text), talk)
        if why:
            skipped.append([line, why, text[:60]])
            continue
        row, code = _message(text, talk)
        rows.append((line, row))
        if code:
            refused[str(line)] = code
    return {"sheets": [sheet("", rows, skipped=skipped, refused=refused)], "kind": "chat"}


def _folded(text: str) -> str:
    # Folding makes a plain 2 of a ②: its mark is kept as a numbering's.
    marked = _CIRCLED.sub(lambda match: f"{match.group()[0]}、", text)
    return unicodedata.normalize("NFKC", marked).strip()


def _sender_of(text: str) -> str:
    found = _SENDER.match(text) or _SENDER_AFTER.match(text) or _INLINE.match(text)
    return found["who"].strip() if found else ""


def _about_the_talk(text: str, talk: _Talk) -> str:
    """Return why a line is no message, having noted what it says; empty for a message."""
    if day := _DAY.match(text):
        talk.date = day["date"]
        return "day"
    for pattern in (_SENDER, _SENDER_AFTER):
        if found := pattern.match(text):
            talk.who = found["who"].strip()
            talk.date = found["date"] or talk.date
            return "sender"
    named = _NAMED.match(text)
    if named and not named["text"] and _is_person(named["who"], talk):
        talk.who = named["who"]
        return "sender"
    if _FORWARD.match(text):
        return "forward"
    if _SYSTEM.search(text) or not re.search(r"\w", text):
        return "system"
    return ""


def _is_person(name: str, talk: _Talk) -> bool:
    if name in talk.senders:
        return True
    return (
        name not in _LABELS
        and 2 <= len(name) <= 3
        and name[0] in _SURNAMES
        and name[-1] not in _PLACE_ENDINGS
        and all("\u4e00" <= char <= "\u9fff" for char in name)
    )


def _message(original: str, talk: _Talk) -> tuple[list[str], str]:
    text, who, date = _folded(original), talk.who, talk.date
    if found := _INLINE.match(text):
        text, who, date = found["text"], found["who"], found["date"] or date
    elif (found := _NAMED.match(text)) and _is_person(found["who"], talk):
        text, who = found["text"], found["who"]
    text = _TAGS.sub(" ", text + " ").strip()
    text = _NUMBERING.sub("", text, count=1).strip()
    phones = [found["number"] for found in _PHONE.finditer(text)]
    text = " ".join(_PHONE.sub(" ", text).split()).strip(" ,，;；")
    code = "no_text" if not re.search(r"\w", text) else "chatter" if _CHATTER.match(text) else ""
    return ["" if code else text, who, date, " ".join(phones), original], code
