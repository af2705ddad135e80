#!/usr/bin/env bash
# Bring the catalogues up to date with the texts in code and templates, or only look whether they are.
#
#   scripts/translations.sh            write the new texts into translations/*/LC_MESSAGES/messages.po
#   scripts/translations.sh --check    fail if a text is new, gone, untranslated or marked as fuzzy
set -euo pipefail
cd "$(dirname "$0")/.."

pybabel=.venv/bin/pybabel
template=$(mktemp --suffix=.pot)
trap 'rm -f "$template"' EXIT

"$pybabel" --quiet extract -F babel.cfg -k _l --no-wrap --sort-by-file --no-location -o "$template" .
update=("$pybabel" --quiet update -i "$template" -d translations --no-wrap --ignore-obsolete
        --ignore-pot-creation-date --no-fuzzy-matching)
if [ "${1:-}" != --check ]; then
    exec "${update[@]}"
fi
"${update[@]}" --check || {
    echo "The catalogues do not fit the texts; scripts/translations.sh writes the new ones into them." >&2
    exit 1
}
.venv/bin/python - <<'PY'
from pathlib import Path

from babel.messages.pofile import read_po

open_texts = [
    f"{path}: {message.id!r}"
    for path in sorted(Path("translations").glob("*/LC_MESSAGES/*.po"))
    for message in read_po(path.open("rb"), locale=path.parts[1])
    if message.id and (message.fuzzy or not all([message.string] if isinstance(message.string, str) else message.string))
]
raise SystemExit("\n".join(["Not translated yet:", *open_texts]) if open_texts else 0)
PY
