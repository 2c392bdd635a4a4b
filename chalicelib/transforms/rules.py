"""The rules for the rows of a file, with the contract's transform if it has one."""

from __future__ import annotations

from importlib.util import find_spec

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.staging import validate
from chalicelib.domain.staging.transform import with_transform
from chalicelib.domain.staging.validate import Rules
from chalicelib.errors import Broken


def rules_of(contract: Contract, layout: Layout, *, checked: bool = False) -> Rules:
    """Compile the rules for a file with this layout. pandas is imported only if there is a transform.

    `checked`: find out whether the transform decides on each row alone. Raises ContractError, Broken.
    """
    rules = validate.compile_rules(contract.as_read, layout)  # by the module: the simulation remembers the rules
    transform = contract.transform
    if transform is None:
        return rules
    if find_spec("pandas") is None:
        message = f"the transform {transform.name} needs pandas, which is not here"
        raise Broken(f"{message}; in AWS attach its layer, see docs/operate/deploy.md", code="TRANSFORM_FAILED")
    from chalicelib.transforms.call import Call, CheckedCall
    from chalicelib.transforms.functions import function_of

    call = Call.of(contract, transform, function_of(transform))
    return with_transform(rules, contract, CheckedCall(call=call) if checked else call)
