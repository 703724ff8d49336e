# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shell helpers for every long step of the build: say what is being done, show how far it is, keep the whole output in a log, and on failure
# name the step, the last lines and the log. To be sourced by bash scripts with `set -euo pipefail`; used by ./workbench and the source builds.
#
#   cache=$(nitroscope_cache)                 the user's cache folder, created
#   say TEXT...                               one plain line
#   die TEXT...                               one plain line on standard error, then exit 1
#   take_lock FILE WHAT                       wait until no other run holds FILE; held until this shell ends
#   run_step TITLE LOG COMMAND [ARGUMENT...]  run a command or shell function with progress; returns only on success
#
# run_step understands ninja's and CMake's "[12/345]" and "[ 12%]", apt's status lines and plain output (then it shows the time alone). From
# the fraction that is done it says how long the rest will take, as soon as that is more than a guess.
# Do not call it inside `if`, `&&` or `||`: bash would then ignore `set -e` in the function being run.

nitroscope_cache() {
    local folder=${NITROSCOPE_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/nitroscope}
    mkdir -p "$folder"
    (cd "$folder" && pwd -P)
}

say() { printf '%s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

take_lock() {
    local file=$1 what=$2 handle
    mkdir -p "$(dirname "$file")"
    exec {handle}>"$file"
    if ! flock -n "$handle"; then
        say "Waiting for another run that is using $what ($file)"
        flock "$handle"
    fi
}

# 75 -> "1 min 15 s"
step_duration() {
    if (($1 < 60)); then
        printf '%d s' "$1"
    else
        printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
    fi
}

# What is left of a step, as words: nothing while it is too early to tell or when it is about to end. $1: seconds so far, $2: parts done, $3: of
# how many
step_left() {
    local elapsed=$1 done=$2 total=$3 left
    ((elapsed >= 5 && done > 0 && done < total && done * 50 >= total)) || return 0
    left=$((elapsed * (total - done) / done))
    if ((left >= 90)); then
        printf 'about %d min left' $(((left + 30) / 60))
    elif ((left >= 5)); then
        printf 'about %d s left' $(((left + 5) / 10 * 10))
    fi
}

# Copies standard input to the log and turns what it recognises into progress: one line that is updated on a terminal, otherwise a line
# whenever another tenth is done.
step_progress() {
    local title=$1 log=$2 started=$SECONDS line='' part count='' percent=-1 shown=-1 status terminal=0 parts=0 total=0
    [[ -t 1 ]] && terminal=1
    while true; do
        status=0
        IFS= read -r -t 1 part || status=$?
        line+=$part
        if ((status > 128)); then # a second without a whole line: only the clock moves
            ((terminal)) && step_show
            continue
        fi
        ((status != 0)) && [[ -z $line ]] && break
        printf '%s\n' "$line" >>"$log"
        if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
            count="${BASH_REMATCH[1]}/${BASH_REMATCH[2]}"
            parts=$((10#${BASH_REMATCH[1]})) total=$((10#${BASH_REMATCH[2]}))
            percent=$((parts * 100 / (total + (total == 0))))
        elif [[ $line =~ ^\[\ *([0-9]+)%\] || $line =~ ^dlstatus:[^:]*:([0-9]+) ]]; then
            percent=$((10#${BASH_REMATCH[1]}))
            parts=$percent total=100
        fi
        # Without a terminal, a step of a second or two says only that it is done.
        if ((terminal)) || ((percent / 10 != shown / 10 && percent >= 0 && SECONDS - started > 2)); then
            step_show
        fi
        line=''
        ((status != 0)) && break
    done
    # The last state belongs to run_step, which knows whether the step succeeded.
    if ((terminal)); then printf '\r\033[K'; fi
}

step_show() {
    local text="  $title" left
    ((percent >= 0)) && text+=": $percent %"
    [[ -n $count ]] && text+=" ($count)"
    text+=", $(step_duration $((SECONDS - started)))"
    left=$(step_left $((SECONDS - started)) "$parts" "$total")
    text+=${left:+, $left}
    shown=$percent
    if ((terminal)); then
        printf '\r\033[K%s' "${text:0:$((${COLUMNS:-80} - 1))}"
    else
        printf '%s\n' "$text"
    fi
}

run_step() {
    local title=$1 log=$2 started=$SECONDS status errexit=$-
    shift 2
    mkdir -p "$(dirname "$log")"
    printf '# %s: %s\n' "$title" "$*" >"$log"
    [[ -t 1 ]] || say "  $title"
    set +e
    (
        set -e
        "$@"
    ) 2>&1 </dev/null | step_progress "$title" "$log"
    status=${PIPESTATUS[0]}
    [[ $errexit == *e* ]] && set -e
    if ((status != 0)); then
        {
            printf 'Failed: %s (exit status %d)\n' "$title" "$status"
            printf 'It was running: %s\n' "$*"
            printf 'The last lines of its output:\n'
            tail -n 20 "$log" | sed 's/^/    | /'
            printf 'The whole log: %s\n' "$log"
        } >&2
        exit 1
    fi
    say "  $title: done, $(step_duration $((SECONDS - started)))"
}
