# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option `step` of the modules that change what runs."""

from __future__ import annotations


class ModuleDocFragment:
    """Documented once; the specification is STEP_OPTION in module_utils/io/release/steps.py."""

    DOCUMENTATION = r"""
options:
  step:
    description:
      - The step that this is. It is refused when its lease is not held any more, noted in the journal of the state folder before
        and after, and gives signs of life while it works.
      - Without it nothing is noted, and the module works only while nobody holds the lease of the application.
    type: dict
    suboptions:
      run:
        description: The run, as M(proofile.stagegate.run) returns it.
        type: dict
        required: true
      phase:
        description: The phase under which the step works.
        type: str
        required: true
      name:
        description: Name of the step; the steps of each phase stand in C(core/release/journal.py).
        type: str
        required: true
      token:
        description: The token that M(proofile.stagegate.lease) returned. 0 is without a lease, and allowed only while nobody holds one.
        type: int
        default: 0
      failpoint:
        description: For tests, <phase>.<step>.<before|after>. There the module kills itself and the playbook above it.
        type: str
        default: ''
"""
