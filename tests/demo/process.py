# SPDX-License-Identifier: Apache-2.0
"""How an opportunity moves: asked for, refused with what is missing, approved by those whose turn it is. Of demo.py's walk."""
import datetime

UNMET = 5


def in_days(days):
    return str(datetime.date.today() + datetime.timedelta(days=days))


def first_word(out, text):
    """The id at the beginning of the row that has this text."""
    return next(line.split()[0] for line in out.splitlines() if text in line)


def walk(step, say):
    say('The third expansion is a purchase of its own. 王敏 puts it down, and asks to go on at once: it is refused, with what is missing.')
    step('wang.min', 'opportunity', 'add', '滨江化工集团', '--name', '滨江三期磁力泵', '--amount', 'CNY 18000000', '--purchase-on', in_days(110), '--fund-source', 'own',
         '--fund-state', 'in-place', '--purchase-trigger', 'planned-replacement', expect=['O-000001'])
    step('wang.min', 'opportunity', 'advance', '滨江三期', code=UNMET, expect=['✗ A potential need stated', '✗ Judged worth pursuing', '2 of 4', 'kam need add'])
    step('wang.min', 'need', 'add', '滨江化工集团', '--contact', '李建华', '--kind', 'explicit', '--scope', 'organisation', '--level', 'value', '--expression', 'pain',
         '--text', '三期要 42 台无泄漏磁力泵，交货不超过 8 周')
    step('wang.min', 'opportunity', 'edit', '滨江三期', '--worth-pursuing', '--worth-reason', '预算已批，内线支持')
    step('wang.min', 'opportunity', 'advance', '滨江三期', expect=['has come to: Information'])

    say('The next stage wants to know how they buy. Who supplies them now is kept secret; the manager lets that pass, with a reason, and approves.')
    step('wang.min', 'opportunity', 'edit', '滨江三期', '--buying-stage', 'supplier-evaluation', '--decision-on', in_days(60))
    for rank, (criterion, fit, tactic) in enumerate((('三年无泄漏案例', '9', 'strengthen'), ('交货期', '8', 'establish'), ('付款条件', '5', 'weaken')), 1):
        step('wang.min', 'opportunity', 'criterion', 'set', '滨江三期', criterion, '--rank', str(rank), '--our-fit', fit, '--tactic', tactic)
    step('wang.min', 'opportunity', 'advance', '滨江三期', code=UNMET, expect=['4 of 5', 'Present supplier'])
    step('wang.min', 'opportunity', 'waive', '滨江三期', 'buying-process', '--reason', '不必了', code=4, expect=['your role may not do this'])
    step('liu.fang', 'opportunity', 'waive', '滨江三期', 'buying-process', '--reason', '现有供应商由集团采购部保密，其余已记录')
    step('wang.min', 'opportunity', 'advance', '滨江三期', '--note', '内线已带来评标标准', expect=['waits to go on to: Assessment', '刘芳'])
    day = step('liu.fang', 'today', expect=['Waiting for your approval', '滨江三期磁力泵'])
    step('liu.fang', 'approval', 'approve', first_word(day, 'O-000001'), expect=['has come to: Assessment'])

    say('From a million on the key account group decides: on the value, on the way to who decides, and by its verdict.')
    step('wang.min', 'assess', '滨江三期', *(word for score in (
        'share_after_closing=8', 'our_benefit=8', 'closing_probability=7', 'time_and_expense=3', 'closing_risk=3', 'payment_risk=4', 'our_ability=9',
        'technical_difficulty=3') for word in ('--score', score)), expect=['75', 'Grade'])
    step('wang.min', 'map', '滨江化工集团', expect=['Against us', '周强', 'Nobody talks to', '吴丽娟', '54%'])
    step('wang.min', 'engagement', 'add', '滨江化工集团', '--opportunity', '滨江三期')
    step('wang.min', 'engagement', 'step', 'add', '滨江化工集团', '张伟', '--by-on', in_days(10), '--relationship', '5')
    step('wang.min', 'engagement', 'step', 'add', '滨江化工集团', '李建华', '--by-on', in_days(25), '--relationship', '4', expect=['李建华'])
    step('liu.fang', 'opportunity', 'verdict', '滨江三期', 'approve', '--reason', '同意', code=4, expect=['陈国栋'])
    step('chen.guodong', 'opportunity', 'verdict', '滨江三期', 'approve', '--reason', '明年最大的项目')
    step('wang.min', 'opportunity', 'advance', '滨江三期', expect=['waits to go on to: Relationship', '刘芳'])
    request = first_word(step('liu.fang', 'approval', 'list', expect=['O-000001']), 'O-000001')
    step('liu.fang', 'approval', 'approve', request, expect=['Whose turn it is: 陈国栋'])
    step('chen.guodong', 'approval', 'list', expect=['O-000001', '陈国栋'])
    step('chen.guodong', 'approval', 'show', request, expect=['Key account group', 'Value assessment'])
    step('chen.guodong', 'approval', 'approve', request, '--reason', '全力以赴', expect=['has come to: Relationship'])
    step('wang.min', 'opportunity', 'progress', '滨江三期', expect=['Target > Information', '现有供应商由集团采购部保密', 'Assessment > Relationship'])
    step('liu.fang', 'board', expect=['4 Relationship (1)', '18,000,000'])
