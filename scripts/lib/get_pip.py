"""Stands in for get-pip.py where the internet does not answer: installs the pip wheel that this Python carries."""

import ensurepip

if __name__ == "__main__":
    ensurepip.bootstrap(upgrade=True, default_pip=True)
