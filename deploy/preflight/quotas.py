"""Looks at quotas: how many functions may run at once, and how many workgroups there may be."""

from __future__ import annotations

from deploy.preflight.planned import Planned
from deploy.stage import filled, function_name, functions
from landfall.doctor.report import Look, failure, good, warning

CONCURRENCY = "L-B99A9384"
"""Quota of Lambda: concurrent executions."""
KEPT, KEPT_IN_NEW_ACCOUNTS = 100, 10
"""Executions that Lambda does not let an account reserve."""
USUAL = 1_000
"""The quota of an account that is not new."""
WORKGROUPS = "workgroups"
"""Part of the name of Redshift Serverless's quota."""


def concurrency(planned: Planned) -> Look:
    """Compare what the stage reserves with what the account has left."""
    limits = planned.client("lambda").get_account_settings()["AccountLimit"]
    quota, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    wanted = sum(function.get("reserved_concurrency", 0) for function in functions(planned.stage).values())
    left = free + _reserved_now(planned) - wanted
    seen = f"{quota} functions may run at once; stage {planned.stage} reserves {wanted}, which leaves {left}"
    if left >= KEPT or (not wanted and left >= KEPT_IN_NEW_ACCOUNTS):
        return good("concurrency", seen)
    fix = (
        f"aws service-quotas request-service-quota-increase --service-code lambda --quota-code {CONCURRENCY} "
        f"--desired-value {max(USUAL, quota - left + KEPT)}, or lower reserved_concurrency in .chalice/config.json"
    )
    if left >= KEPT_IN_NEW_ACCOUNTS:
        return warning("concurrency", f"{seen}; Lambda keeps {KEPT}, in some new accounts {KEPT_IN_NEW_ACCOUNTS}", fix)
    return failure("concurrency", f"{seen}; Lambda keeps at least {KEPT_IN_NEW_ACCOUNTS} for all other functions", fix)


def _reserved_now(planned: Planned) -> int:
    """Count what the stage's functions have reserved already: another deployment reserves it again, not more."""
    lambdas, reserved = planned.client("lambda"), 0
    for name in functions(planned.stage):
        try:
            found = lambdas.get_function_concurrency(FunctionName=filled(function_name(name), {"Stage": planned.stage}))
        except lambdas.exceptions.ResourceNotFoundException:
            continue
        reserved += found.get("ReservedConcurrentExecutions", 0)
    return reserved


def workgroups(planned: Planned) -> Look:
    """Compare the number of workgroups with the account's quota, if the stack makes one."""
    if not planned.makes_warehouse:
        return good("workgroups", "the stack makes none")
    pages = planned.client("redshift-serverless").get_paginator("list_workgroups").paginate()
    names = [workgroup["workgroupName"] for page in pages for workgroup in page["workgroups"]]
    if planned.name("landfall-${Stage}") in names:
        return good("workgroups", "the stage has its workgroup")
    quota = _workgroup_quota(planned)
    if quota is None:
        return warning("workgroups", f"there are {len(names)}; AWS lists no quota for them")
    seen = f"there are {len(names)}, and {quota} are allowed"
    if len(names) < quota:
        return good("workgroups", seen)
    return failure("workgroups", seen, "Service Quotas, Amazon Redshift Serverless, workgroups: ask for more")


def _workgroup_quota(planned: Planned) -> int | None:
    pages = planned.client("service-quotas").get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode="redshift-serverless"):
        for quota in page["Quotas"]:
            if WORKGROUPS in quota["QuotaName"].lower():
                return int(quota["Value"])
    return None
