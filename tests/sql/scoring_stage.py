# SPDX-License-Identifier: Apache-2.0
"""What the tests of scoring, grades and key accounts do again and again."""
from stage import Stage

VALUE = {'share_after_closing': 20, 'our_benefit': 20, 'closing_probability': 15, 'time_and_expense': 10, 'closing_risk': 10, 'payment_risk': 10, 'our_ability': 10,
         'technical_difficulty': 5}
INVERSE = {'time_and_expense', 'closing_risk', 'payment_risk', 'technical_difficulty', 'yearly_discount', 'contact_cost'}
CONTRIBUTION = {'yearly_purchases': 20, 'yearly_discount': 5, 'contact_cost': 10, 'net_profit': 15, 'historical_contribution': 10, 'years_together': 10, 'budget': 10,
                'background': 5, 'potential': 10, 'referrals': 5}
CREDIT = {'character': 25, 'capacity': 20, 'capital': 20, 'collateral': 15, 'condition': 10, 'continuity': 10}


def level(weights, score):
    """Every factor as good as the score says."""
    return {key: 10 - score if key in INVERSE else score for key in weights}


class Scoring(Stage):
    def setUp(self):
        super().setUp()
        self.acme = self.add_account('ann', 'Acme')['id']

    def today(self):
        return self.query('select today()')[0][0]

    def add_opportunity(self, account_id=None, login='ann', name='Pumps'):
        return self.call(login).write('OpportunityService/CreateOpportunity', {'opportunity': {'account_id': account_id or self.acme, 'name': name}})['id']

    def assess(self, scores, login='ann', notes=(), **fields):
        return self.call(login).write('ScoringService/RecordAssessment', {'assessment': {
            'scores': [{'factor_key': key, 'score': score, 'note': dict(notes).get(key, '')} for key, score in scores.items()], **fields}})

    def value(self, opportunity_id, score=8, login='ann', **fields):
        return self.assess(level(VALUE, score), login, model_key='value', opportunity_id=opportunity_id, **fields)

    def contribution(self, score=8, account_id=None, login='ann', **fields):
        return self.assess(level(CONTRIBUTION, score), login, model_key='contribution', account_id=account_id or self.acme, **fields)

    def credit(self, score=8, account_id=None, login='ann', model_key='6c', **fields):
        return self.assess(level(CREDIT, score), login, model_key=model_key, account_id=account_id or self.acme, **fields)

    def set_figures(self, account_id, year, minor_units, share=10000, currency='CNY', login='ann'):
        return self.call(login).write('AccountArchiveService/SetAccountFigures', {
            'figures': {'account_id': account_id, 'year': year, 'purchases': {'currency_code': currency, 'minor_units': minor_units}, 'our_share': share},
            'update_mask': ['purchases', 'our_share']})

    def set_rate(self, currency, rate, from_on='2020-01-01'):
        return self.call('boss').write('RateService/SetExchangeRate', {'rate': {'currency_code': currency, 'rate': rate, 'from_on': from_on}})
