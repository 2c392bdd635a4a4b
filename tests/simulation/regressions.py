"""Schedules that once broke a promise, by the word that plays them again: they must break none any more.

A seed's storm changes with the scenarios' calls, so what each found has a test of its own as well, where it is named.
"""

REGRESSIONS = {
    "back_again/storm=1855": "a content that came back was taken for a double",
    "overwritten/storm=12": "a late event of a content that was overwritten, after its successor was found by listing",
    "newer_event_lost/storm=254": "the same",
    "one_file/live=128": "two workers heard of a file at once, and made two runs of it",
    "overwritten_late/versioned/storm=106": "a version found by listing stayed where it landed after its load",
    "overwritten_between/versioned/storm=107": "the same",
    "overwritten/versioned/storm=415189": "a file that had not been read yet was taken for one that had come back",
    "back_again/live=9287": "event and sweep heard at once of a content that had come back, and made two runs of it",
    "newer_event_lost/live=49438": "a late event made an older content the newest, as a listing has no sequencer",
    "cancelled/versioned/storm=6980": "of a load's two statements the known one was cancelled, and the other came true",
    "cancelled/storm=4496": "the same",
}
