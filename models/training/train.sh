#!/bin/sh
# Trains a model bundle from the feature file of an offline replay, in a virtual environment of its own:
#   models/training/train.sh features.csv.gz --catalogue rules/features.yaml --out models/fraud/2
# --help lists the options. The environment stands in TRAINING_VENV, by default models/training/.venv (not in git).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${TRAINING_VENV:-$here/.venv}
stamp=$venv/requirements.installed
if ! cmp -s "$here/requirements.txt" "$stamp"; then
  echo "preparing Python packages in $venv" >&2
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$stamp"
fi
PYTHONPATH="$here" exec "$venv/bin/python" -m training "$@"
