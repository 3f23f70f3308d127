"""What a password in a Chinese school is made of before anything else, and how many guesses that costs. Pure.

The words are of our own listing, none of a leaked list: what people say and type (luck, love, home, school, names), in
pinyin and in characters. zxcvbn knows Western lists, and takes three such parts for strong: a name with a year.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from math import inf, log10

ENOUGH = 1e8  # as zxcvbn's third of four points
OWN = 10.0  # guesses for a word of one's own: login, title, school
YEARS, BIRTHDAYS, SIGNS, LETTERS = 100.0, 36_600.0, 12.0, 26.0
LONGEST_PART = 24

# 520: "I love you"; 1314: "a whole life"; 7758: "kiss me"; 88 and 66: luck; 168: "all the way to wealth"
NUMBERS = (
    *("5201314", "1314520", "520", "1314", "521", "1314521", "5211314", "520520", "13145200", "3344520", "5203344"),
    *("7758521", "7758258", "147258369", "147258", "159357", "963852741", "789456123", "321321", "112233", "123321"),
    *("168168", "168", "518", "888888", "88888888", "666666", "66666666", "999999", "100200", "110110", "119119"),
)
PHRASES = (
    *("woaini", "aini", "woaiwo", "woaiwojia", "woainima", "woaizhongguo", "wodemima", "mima", "nihao", "nishishui"),
    *("laopo", "laogong", "baobei", "qinaide", "tianshi", "mama", "baba", "xiaobao", "xingfu", "kuaile", "pingan"),
    *("wangji", "tiantian", "haohao", "xuexi", "shangxue", "jiayou", "zhuangyuan", "denglu", "guanli", "guanliyuan"),
    *(
        "我爱你",
        "密码",
        "我的密码",
        "你好",
        "老婆",
        "老公",
        "宝贝",
        "快乐",
        "平安",
        "幸福",
        "加油",
        "好好学习",
        "天天向上",
    ),
)
SCHOOL = (
    *("xuexiao", "xiaoxue", "zhongxue", "chuzhong", "gaozhong", "daxue", "laoshi", "jiaoshi", "xuesheng", "tongxue"),
    *("banji", "banzhuren", "xiaozhang", "shiyan", "shiyanshi", "jiaoyu", "keji", "kexue", "diannao", "jisuanji"),
    *("rengongzhineng", "jiqiren", "shebei", "admin", "teacher", "school", "yizhong", "erzhong", "sanzhong", "fuzhong"),
    *(
        "学校",
        "小学",
        "中学",
        "老师",
        "教师",
        "学生",
        "同学",
        "班主任",
        "校长",
        "实验",
        "实验室",
        "教育",
        "科技",
        "人工智能",
    ),
)
PLACES = (
    *("zhongguo", "china", "shanghai", "beijing", "guangzhou", "shenzhen", "hangzhou", "nanjing", "suzhou", "tianjin"),
    *("minhang", "pudong", "xuhui", "huangpu", "jingan", "putuo", "hongkou", "yangpu", "changning", "baoshan"),
    *("jiading", "songjiang", "qingpu", "fengxian", "jinshan", "chongming"),
    *(
        "中国",
        "上海",
        "北京",
        "闵行",
        "浦东",
        "徐汇",
        "黄浦",
        "静安",
        "普陀",
        "虹口",
        "杨浦",
        "长宁",
        "宝山",
        "嘉定",
        "松江",
    ),
)
SURNAMES = (
    *("li", "wang", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu", "gao"),
    *("lin", "he", "guo", "ma", "luo", "liang", "song", "zheng", "xie", "han", "tang", "feng", "yu", "dong", "xiao"),
    *("cheng", "cao", "yuan", "deng", "fu", "shen", "zeng", "peng", "lu", "su", "jiang", "cai", "jia", "ding", "wei"),
)
GIVEN = (
    *("min", "jing", "fang", "na", "xiu", "ying", "qiang", "lei", "jun", "yong", "yan", "jie", "juan", "tao", "ming"),
    *("chao", "xia", "ping", "gang", "gui", "hua", "hui", "hong", "jian", "bin", "bo", "dan", "hai", "hao", "kai"),
    *("long", "mei", "ning", "qian", "rui", "shan", "ting", "xin", "xue", "yun", "zhi", "wen", "bao", "xuan", "yi"),
)


PARTS: Mapping[str, float] = {
    word: float(len(words)) for words in (GIVEN, SURNAMES, PLACES, SCHOOL, PHRASES, NUMBERS) for word in words
}
DIGITS = re.compile(r"[0-9]+")
YEAR = re.compile(r"(19|20)[0-9]{2}")
BIRTHDAY = re.compile(r"((19|20)?[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
ROW = "01234567890123456789"


def guesses(password: str, own: Iterable[str] = ()) -> float:
    """Return how many guesses find a password that is nothing but such parts; infinity for any other."""
    text = unicodedata.normalize("NFKC", password).casefold()
    parts = {**PARTS, **{word.casefold(): OWN for word in own if word}}
    cheapest = [0.0] + [inf] * len(text)  # decimal logarithm of the guesses, for each beginning of the text
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - LONGEST_PART), end):
            cheapest[end] = min(cheapest[end], cheapest[start] + log10(_cost(text[start:end], parts)))
    return 10 ** cheapest[-1] if cheapest[-1] < inf else inf


def _cost(part: str, parts: Mapping[str, float]) -> float:
    if part in parts:
        return parts[part]
    if DIGITS.fullmatch(part):
        return _digits(part)
    if len(part) > 1:
        return inf
    return LETTERS if "a" <= part <= "z" else SIGNS if not part.isalnum() else inf


def _digits(part: str) -> float:
    if len(set(part)) == 1 or part in ROW or part in ROW[::-1]:
        return 10.0 * len(part)
    if YEAR.fullmatch(part):
        return YEARS
    return BIRTHDAYS if BIRTHDAY.fullmatch(part) else 10.0 ** len(part)
