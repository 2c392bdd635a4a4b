"""Transforms of users and agents."""


def named(frame):
    """Join the parts of the name, and write the e-mail in lower case."""
    name = frame["first_name"].str.cat(frame["last_name"].fillna(""), sep=" ").str.strip()
    return frame.assign(full_name=name, email=frame["email"].str.lower())


def without_tests(frame):
    """Leave out the agents of the test centre: `left_out` counts them as dropped."""
    return frame[~frame["display_name"].str.startswith("TEST ")]
