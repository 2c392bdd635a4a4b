"""The settings of a source that is an instance of Amazon Connect, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.contract.time_zone import is_time_zone
from chalicelib.domain.contract_files.sources.sheets import refuse_windows
from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.connect import (
    INTERVAL_FIELDS,
    RESOURCES,
    ConnectSettings,
    ContactTime,
    Dataset,
    Interval,
    Metric,
)

INSTANCE = re.compile(r"arn:aws[a-z-]*:connect:[a-z0-9-]+:[0-9]{12}:instance/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COMPARISONS = ("LT", "LTE", "GT")
MOST_GROUPINGS, MOST_FILTERS, MOST_VALUES = 4, 5, 100
MOST_METRIC_FILTERS, MOST_METRIC_VALUES = 2, 10
ONLY_OF = {
    "time": Dataset.CONTACTS,
    **dict.fromkeys(("interval", "timezone", "groupings", "filters", "metrics"), Dataset.METRICS),
}
"""Keys of one dataset."""
Fault = tuple[str, str]


def read_connect(section: Section) -> ConnectSettings:
    """Read the settings as far as possible; record every fault in the section."""
    filters, metrics = section.section("filters"), section.section("metrics")
    if "dataset" not in section.table:
        section.fault("dataset", f"is missing; write one of {', '.join(one.value for one in Dataset)}")
    settings = ConnectSettings(
        instance=section.text("instance", required=True),
        dataset=section.choice("dataset", Dataset.CONTACTS),
        time=section.choice("time", ContactTime.INITIATION),
        interval=section.choice("interval", Interval.FIFTEEN_MIN),
        timezone=section.text("timezone", default="UTC"),
        groupings=section.string_list("groupings"),
        filters={key: filters.string_list(key) for key in filters.table},
        metrics=tuple(_metric(metrics.section(key), key) for key in metrics.table),
    )
    if settings.instance and not INSTANCE.fullmatch(settings.instance):
        section.fault("instance", f'"{settings.instance}" is not the ARN of an instance; its overview shows it')
    for key, dataset in ONLY_OF.items():
        if key in section.table and dataset is not settings.dataset and "dataset" in section.table:
            section.fault(key, f'is for dataset = "{dataset.value}"; remove it')
    if settings.dataset is Dataset.METRICS:
        for key, message in _metric_faults(settings):
            section.fault(key, message)
    section.close()
    return settings


def check_connect(section: Section, settings: ConnectSettings) -> None:
    """Record the keys of `[source]` that a dataset must have, or cannot have."""
    if "secret" in section.table:
        section.fault("secret", "is not used: the instance is read with the role of the function; remove it")
    if "cursor" in section.table:
        section.fault("cursor", "is not used: Amazon Connect is read by time; remove it")
    if settings.reads_all:
        refuse_windows(section, f"{settings.dataset.value} are")
        return
    if "from" not in section.table:
        section.fault("from", f"is missing; write from when on {settings.dataset.value} are read")
    changes = settings.dataset is Dataset.CONTACTS and settings.time is not ContactTime.DISCONNECT
    if changes and "look_back" not in section.table:
        fault = f"is missing; a contact changes after its {settings.time.value}, and is read again only within it"
        section.fault("look_back", f'{fault}: write a longer time than contacts last, such as "1d"')


def _metric(section: Section, key: str) -> Metric:
    filters = section.section("filters")
    metric = Metric(
        alias=key,
        name=section.text("name", required=True),
        threshold=section.number("threshold", default=None, low=0, high=10**9),
        comparison=section.text("comparison", default=COMPARISONS[0]),
        filters={name: filters.string_list(name) for name in filters.table},
    )
    if metric.comparison not in COMPARISONS:
        section.fault("comparison", f'"{metric.comparison}" is not supported; use one of {", ".join(COMPARISONS)}')
    if "comparison" in section.table and metric.threshold is None:
        section.fault("comparison", "needs a threshold; add it, such as threshold = 60")
    for fault in _filter_faults(metric.filters, MOST_METRIC_FILTERS, MOST_METRIC_VALUES):
        section.fault("filters", fault)
    section.close()
    return metric


def _metric_faults(settings: ConnectSettings) -> Iterator[Fault]:
    if not settings.metrics:
        yield "metrics", 'is missing; name a field and its metric, such as handled = { name = "CONTACTS_HANDLED" }'
    if len(settings.groupings) > MOST_GROUPINGS:
        yield "groupings", f"has {len(settings.groupings)} keys; Amazon Connect takes at most {MOST_GROUPINGS}"
    if not is_time_zone(settings.timezone):
        yield "timezone", f'"{settings.timezone}" is not a time zone; write one such as Europe/Berlin'
    elif settings.timezone != "UTC" and settings.interval is not Interval.DAY:
        yield "timezone", 'only interval = "DAY" needs it; remove it'
    if not set(settings.filters) & set(RESOURCES):
        yield "filters", f"has none of {', '.join(RESOURCES)}; Amazon Connect needs one of them"
    for fault in _filter_faults(settings.filters, MOST_FILTERS, MOST_VALUES):
        yield "filters", fault
    yield from _twins(settings)


def _filter_faults(filters: Mapping[str, tuple[str, ...]], most: int, values: int) -> Iterator[str]:
    if len(filters) > most:
        yield f"has {len(filters)} keys; Amazon Connect takes at most {most}"
    for key, listed in filters.items():
        if not listed:
            yield f"{key} has no value; add one, or remove the key"
    count = sum(len(listed) for key, listed in filters.items() if key != "CHANNEL")
    if count > values:
        yield f"has {count} values; Amazon Connect takes at most {values}: split the contract"


def _twins(settings: ConnectSettings) -> Iterator[Fault]:
    """Yield fields of a row with the same name, and metrics that a response would not tell apart."""
    seen, names = dict[object, str](), {fold(name) for name in (*INTERVAL_FIELDS, *settings.groupings)}
    for metric in settings.metrics:
        if fold(metric.alias) in names:
            yield f"metrics.{metric.alias}", "is the name of another field of the row; rename it"
        names.add(fold(metric.alias))
        if (first := seen.setdefault(metric.identity, metric.alias)) != metric.alias:
            yield f"metrics.{metric.alias}", f"is the same metric as {first}; remove one of them"
