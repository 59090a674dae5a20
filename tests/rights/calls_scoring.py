# SPDX-License-Identifier: Apache-2.0
"""Requests of RateService: calls.py."""
from call import call

# ---- exchange rates ----


@call("RateService/SetExchangeRate", writes=True)
def set_rate(_):
    return {"rate": {"currency_code": "EUR", "rate": "8.2"}}


@call("RateService/ListExchangeRates")
def list_rates(_):
    return {}
