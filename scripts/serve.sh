#!/usr/bin/env bash
# Web server and worker together: prepare the database, start both, stop both.
# Ends with 0 when told to stop, with 1 when one of the two ended by itself.
set -uo pipefail
cd "$(dirname "$0")/.."

export PORT=${PORT:-8000}
export PORTAL_URL=${PORTAL_URL:-http://127.0.0.1:$PORT}  # for letters and the slip's code
flask=(.venv/bin/python -m flask --app wsgi)
children=()
told=no

stop_both() {
    trap '' INT TERM HUP  # once is enough
    kill -TERM "${children[@]}" 2>/dev/null
    for _ in {1..100}; do
        kill -0 "${children[@]}" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "${children[@]}" 2>/dev/null
    wait
}

answers() { (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }

tell_when_it_answers() {
    for _ in {1..300}; do
        answers && break
        kill -0 "${children[@]}" 2>/dev/null || return
        sleep 0.1
    done
    cat <<TXT

  The portal is at       http://127.0.0.1:$PORT      (Ctrl-C stops it)

  salon owner            inhaberin@salon.example
  another customer       zweite@salon.example
  support                support@portal.example
  support, admin         leitung@portal.example
  password for all       demo-passwort-2026
                         support: a page with a code follows, filled in already; press once more

TXT
}

if answers; then
    echo "Something else answers on port $PORT already; try: make run PORT=8001" >&2
    exit 1
fi
"${flask[@]}" migrate || exit
"${flask[@]}" demo || exit

trap 'told=yes' INT TERM HUP
"${flask[@]}" worker &
children+=($!)
"${flask[@]}" serve &
children+=($!)
[ "$told" = yes ] || tell_when_it_answers
[ "$told" = yes ] || wait -n "${children[@]}"
stop_both
[ "$told" = yes ] && exit 0
echo "The web server or the worker ended by itself; the other one was stopped too." >&2
exit 1
