"""The words of tradewind's own finance lexicon, written for it; base forms, inflections are found by their stem.

Words have a polarity of their own, or a direction (up, down) that counts only beside a thing whose growth is good
(profit, orders) or bad (losses, costs). Nothing here was copied from a licensed list.
"""

from __future__ import annotations

__all__ = [
    "BAD_THINGS",
    "DIMINISHERS",
    "DOWN",
    "GOOD_THINGS",
    "INTENSIFIERS",
    "NEGATIVE",
    "NEGATORS",
    "POSITIVE",
    "UP",
]

POSITIVE: dict[float, str] = {
    3.0: """
        breakthrough bullish excellent outstanding outperform outperformance record-breaking soar skyrocket stellar
        superb surge triumph upgrade windfall blockbuster
    """,
    2.0: """
        accelerate acclaim advantage ahead award beat best boost breakout buyback confident delight exceed exceptional
        expand favorable favourable flourish gain impressive improve improvement innovative jump lucrative milestone
        momentum optimism optimistic outpace overperform profitable profitability progress promising prosper rally
        rebound recover recovery resilient robust secure solid spike strength strengthen strong success successful
        superior surpass thrive top tops upbeat upside upswing win winner won wins uptrend overweight undervalued
        turnaround revive doubled tripled
    """,
    1.0: """
        able accretive achieve achievement acquire advance agreement appoint appreciate approval approve attractive
        benefit better bolster bright buy calls capitalize clear collaborate compelling complete contract cooperate
        deal deliver dividend earn easy efficient efficiency enable encourage endorse enhance enjoy enter excite
        extend fast faster fine flexible fresh good great grant grow growth happy healthy help high-quality higher
        ideal initiate inked invest launch lead leader leading long modernize new-order nice opportunity order
        partnership pleased popular positive premium prestigious prize raise reap reassure regain reinforce reliable
        resolve restore resume reward rise rising safe satisfied satisfactory select settle simplify smooth
        spectacular stabilize stable streamline supportive sustain synergy upturn valuable value-add welcome
        well-positioned worth breakeven hopes hope love like yes moon calls green
    """,
}
"""Words that are good news by themselves, by strength."""

NEGATIVE: dict[float, str] = {
    3.0: """
        bankrupt bankruptcy bearish catastrophe catastrophic collapse crash crisis default disaster disastrous fraud
        insolvent insolvency liquidate liquidation plummet plunge scandal slump tumble nosedive embezzle ponzi
    """,
    2.0: """
        abandon abrupt accuse adverse allegation allege bad-debt breach bust cease closure complaint concern
        contraction corrupt cut cutback cyberattack damage decline deficit delay delist deteriorate
        disappoint disappointing disappointment dismal dispute downgrade downturn downtrend drag drop erode fail
        failure fall fallout fear felony fine-imposed foreclose freeze frustrate grim halt hamper harm hurt idle
        impair impairment indict infringe investigate investigation jeopardize lag lawsuit lay-off layoff litigation
        lose loser loss lost miss misconduct misstate negative outage overvalued panic penalty pessimism pessimistic
        poor probe problem recall recession redundancy resign restate sank sag scrap selloff sell-off severe shortfall
        shrink shut shutdown sink sharply-lower skid slash slide slip sluggish slowdown stagnant stagnate steep
        stumble struggle subpoena sue suffer suspend suspension terminate threat threaten trouble turmoil
        underperform underperformance underweight unfavorable unfavourable unprofitable violate violation volatile
        warn warning weak weaken weakness weigh worse worsen worst worry wreck writedown write-down writeoff
        write-off lay off laid dismiss dismissal redundant
    """,
    1.0: """
        absence against aggressive-pricing aging bad bear below bleak blow bottleneck burden challenge
        closing-down conflict costly critic criticize cyclical-low danger deadlock decrease dent deny deplete
        difficult difficulty dilute diminish discontinue disrupt disruption divest doubt dull ease excess exhaust
        expire exposure falter flat fragile glut headwind hesitate hit hostile impact-negatively inability
        inadequate inferior inflation interrupt lackluster lacklustre late lawsuit limit limited low lower mature
        misses mistake modest-decline muted narrow obsolete obstacle oppose overhang overdue overstock pressure
        pullback puts question reduce reduction refuse reject reluctant restrict risk risky sad sell short
        shortage slack slow soft softer softness strain stress strike stuck subdued tariff temporary tense tight
        tough uncertain uncertainty under unable unclear underutilized unemployment unexpected unrest unstable
        unsuccessful vacancy vulnerable warn weak-demand withdraw downside red dump adjust
    """,
}
"""Words that are bad news by themselves, by strength."""

UP = """
    up rise rose risen increase grow grew grown growth climb gain jump soar surge advance higher expand double triple
    improve exceed more raise lift swell accelerate widen top add uptick rocket strengthen doubled tripled
"""
"""Words that say something went up."""

DOWN = """
    down fall fell fallen decrease decline drop lower reduce shrink shrank slump slip slid slide plunge tumble less
    contract dip sink sank cut halve diminish narrow weaken ease retreat dwindle plummet slash shed dive deteriorate
"""
"""Words that say something went down."""

GOOD_THINGS = """
    profit profitability earnings income sales revenue revenues turnover margin order orders orderbook backlog demand
    eps ebit ebita ebitda dividend cashflow cash-flow output production share shares stock price prices volume volumes
    traffic passenger passengers customers subscribers bookings market-share capacity backlog guidance outlook
    forecast return roi roe equity assets result results value rating target deliveries shipments exports visitors
    circulation occupancy utilization premiums commissions fees growth confidence sentiment efficiency sale net
    operating pretax pre-tax
"""
"""Things whose growth is good news."""

BAD_THINGS = """
    loss losses cost costs expense expenses debt debts deficit unemployment inflation risk risks liability liabilities
    complaints delay delays provisions impairment impairments writedowns write-downs redundancies layoffs defects
    claims outage downtime churn gearing leverage delinquencies defaults chargeoffs burn vacancy vacancies emissions
    shortfall overhead bankruptcies cancellations
"""
"""Things whose growth is bad news."""

NEGATORS = """
    not no never none neither nor without cannot can't won't don't doesn't didn't isn't aren't wasn't weren't hasn't
    haven't hadn't wouldn't couldn't shouldn't hardly barely lack lacks despite unlikely nt n't
"""
"""Words that turn what follows."""

INTENSIFIERS = """
    very sharply significantly substantially strongly considerably dramatically steeply highly markedly massively
    hugely extremely greatly heavily much deeply rapidly clearly remarkably particularly really totally
"""
"""Words that make what is beside them stronger."""

DIMINISHERS = """
    slightly somewhat modestly marginally moderately partly barely mildly little bit temporarily fairly nearly almost
"""
"""Words that make what is beside them weaker."""
