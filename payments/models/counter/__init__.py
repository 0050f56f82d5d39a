from .returns import CounterReturn
from .sale import BOUGHT_HERE, TILL_KINDS, UNPAID_KINDS, CounterSale, SaleKind
from .till import Till

__all__ = ["BOUGHT_HERE", "TILL_KINDS", "UNPAID_KINDS", "CounterReturn", "CounterSale", "SaleKind", "Till"]
