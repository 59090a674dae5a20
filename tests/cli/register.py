# SPDX-License-Identifier: Apache-2.0
"""A Chinese customer register (客户登记表) as an office keeps it: titles above, a heading of two rows with merged cells, and the dirt of
years. Some hundred rows follow from a fixed seed, the dirty ones are written by hand. text(rows) is the file; in GBK as spreadsheets write it.
"""
import csv
import io
import random

HEADING = [['序号', '客户名称', '企业性质', '联系方式', '', '', '', '经营情况', '', '', '成立时间', '客户状态', '业务员', '客户来源', '备注', '信用等级'],
           ['', '', '', '联系人', '职务', '手机', '公司地址', '注册资本', '年销售额（万元）', '员工人数', '', '', '', '', '', '']]
TITLES = [['华北重工配套有限公司客户登记表'], ['制表：销售部', '', '', '', '', '', '', '', '', '', '2019年3月']]

PLACES = ['杭州', '宁波', '温州', '苏州', '无锡', '常州', '南京', '济南', '青岛', '烟台', '郑州', '武汉', '长沙', '成都', '重庆', '西安']
BRANDS = '恒远嘉泰鼎盛瑞丰宏景卓越凯达永兴隆昌博雅德信华茂金鑫万通伟业科锐新元'
TRADES = ['精密机械', '液压设备', '阀门制造', '电气成套', '汽车配件', '轴承', '仪器仪表', '包装材料', '化工', '食品机械']
ENDS = ['有限公司', '有限责任公司', '股份有限公司', '厂']
SURNAMES = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗'
GIVEN = ['伟', '芳', '秀英', '敏', '静', '丽', '强', '磊', '军', '洋', '勇', '艳', '杰', '涛', '明', '建国', '国庆', '志远', '晓东', '海燕']
TITLES_OF_PEOPLE = ['总经理', '采购部经理', '采购员', '生产厂长', '技术总监', '财务主管']
DATES = ['{y}.{m:02d}', '{y}年{m}月{d}日', '{y}/{m}/{d}', '{y}{m:02d}{d:02d}', '{y}-{m:02d}-{d:02d}', '{y}年', '{y}']
CAPITALS = ['{n}万', '{n}万元', '{n},000,000元', '￥{n},000,000.00', '人民币{n}万元', '１{n}万', '0.{n:04d}亿']
OWNERS = ['Nora Nilsen', 'nils', 'NORA', 'boss']


def wide(text):
    return ''.join(chr(ord(letter) + 0xfee0) if letter.isdigit() else letter for letter in text)


def good_rows(count, seed=20190308):
    """Rows without any slip but of form: each comes in."""
    made = random.Random(seed)
    names, people = set(), set()
    rows = []
    while len(rows) < count:
        name = made.choice(PLACES) + made.choice(BRANDS) + made.choice(BRANDS) + made.choice(TRADES)
        person = made.choice(SURNAMES) + made.choice(GIVEN)
        core = name[:6]
        if core in names or (name, person) in people:
            continue
        names.add(core)
        mobile = f'1{made.choice("35789")}{made.randrange(10 ** 9):09d}'
        date = made.choice(DATES).format(y=made.randrange(1985, 2018), m=made.randrange(1, 13), d=made.randrange(1, 29))
        number = len(rows) + 1
        rows.append([str(number), name + made.choice(ENDS), made.choice(['民营企业', '国有企业', '合资', '民营', '无', '']), person, made.choice(TITLES_OF_PEOPLE),
                     made.choice([mobile, wide(mobile), f'{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}', mobile + '.0', '不详']),
                     f'{name[:2]}市{made.choice(["人民", "解放", "中山"])}路{made.randrange(1, 300)}号', made.choice(CAPITALS).format(n=made.randrange(100, 1000)),
                     made.choice([str(made.randrange(100, 9000)), f'{made.randrange(1, 9)},{made.randrange(100, 999)}', '-']),
                     made.choice([str(made.randrange(10, 900)), f'约{made.randrange(10, 90)}0人', wide('120'), '']), date,
                     made.choice(['潜在', '意向客户', '已合作', '成交客户', '']), made.choice(OWNERS), made.choice(['展会', '转介绍', '网络', '其他', '']), '', 'A'])
    return rows


# What is wrong with it, the row, and what the report says of the account (None: it comes in).
DIRTY = [
    ('two names in a cell, and as many numbers', ['', '绍兴双溪纺织有限公司', '私营', '张三、李四', '总经理', '13800000001、13800000002', '', '1.5亿', '', '', '2009.05', '', '', '', '', ''], None),
    ('one number for two', ['', '嘉兴南湖印染厂', '', '王五/赵六', '采购员', '0573-82000000', '', '3000万', '', '', '', '', '', '', '', ''], None),
    ('three numbers for two', ['', '湖州太湖缫丝厂', '', '陈七、周八', '', '13800000003、13800000004、13800000005', '', '', '', '', '', '', '', '', '', ''], None),
    ('line breaks in a cell', ['', '金华婺城酒业有限公司', '', '吴九', '', '13800000006', '', '', '', '', '', '', '', '', '重点客户\n每月回访\n送样已签收', ''], None),
    ('a number that lost its digits', ['', '台州椒江水泵厂', '', '郑十', '', '1.38E+10', '', '', '', '', '', '', '', '', '', ''], None),
    ('twice, written in another way', ['', '绍兴双溪纺织（有限公司）', '', '', '', '', '', '', '', '', '', '', '', '', '', ''], '绍兴双溪纺织有限公司'),
    ('no name', ['', '', '', '钱一', '', '13800000007', '', '', '', '', '', '', '', '', '', ''], 'has no name'),
    ('a month that is none', ['', '衢州柯城造纸厂', '', '', '', '', '', '', '', '', '2009.13', '', '', '', '', ''], "成立时间 '2009.13': must be a date"),
    ('a range', ['', '丽水莲都竹木厂', '', '', '', '', '', '100-200万', '', '', '', '', '', '', '', ''], 'must be an amount'),
    ('a word of their own', ['', '舟山定海渔业公司', '', '', '', '', '', '', '', '', '', '已拉黑', '', '', '', ''], 'must be one of'),
    ('an owner who is no user', ['', '义乌小商品城贸易行', '', '', '', '', '', '', '', '', '', '', '老板自己', '', '', ''], "There is no user called '老板自己'"),
    ('wide spaces', ['', '　义乌　佛堂酱园', '', '', '', '', '', '', '', '', '2010.3', '', '', '', '', ''], None),
    ('a total', ['合计', '', '', '', '', '', '', '99亿', '', '', '', '', '', '', '', ''], 'skipped'),
]


def text(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\r\n')
    writer.writerows(TITLES + HEADING + rows)
    return out.getvalue()
