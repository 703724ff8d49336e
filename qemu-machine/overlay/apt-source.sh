# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Fetches one Debian package of another suite (QEMU's source from the next stable release, meson and the kernel source from backports) without
# touching the system: a sources file and an apt state of our own, with the mirror and the key taken from the system's own entry for its release.
# apt checks the signatures. To be sourced after steps.sh by bash scripts with `set -euo pipefail`.
#
#   fetch_source SUITE PACKAGE FOLDER   downloads the source package;  sets FETCHED_FILE to its .dsc
#   fetch_binary SUITE PACKAGE FOLDER   downloads the binary package;  sets FETCHED_FILE to its .deb
#
# Both take the suite's newest version, remember it in FOLDER and use it again without any network on later runs; remove the remembered
# *.fetched file to look for a newer one. `apt-get source` and `apt-get download` work for any user.

# Prints "URIs: ..." and, when there is one, "Signed-By: ..." of the first enabled entry that offers the release's `main` component.
# Reads both the deb822 and the one-line format. $1: names the entry's suite may have, separated by spaces.
apt_own_entry() {
    local lists parts
    eval "$(apt-config shell lists Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    shopt -s nullglob
    local files=("$parts"/*.sources "$parts"/*.list)
    shopt -u nullglob
    [[ -r $lists ]] && files+=("$lists")
    awk -v names="$1" '
        function offers(suites, components,   count, field, i, wanted, all) {
            count = split(names, all, " ")
            for (i = 1; i <= count; i++) wanted[all[i]] = 1
            if ((" " components " ") !~ / main /) return 0
            count = split(suites, field, " ")
            for (i = 1; i <= count; i++) if (field[i] in wanted) return 1
            return 0
        }
        function print_entry(uris, key) {
            if (found++) return
            print "URIs: " uris
            if (key != "") print "Signed-By: " key
        }
        function end_stanza() {
            if ((" " value["types"] " ") ~ / deb / && value["enabled"] !~ /^(no|false|0)$/ && offers(value["suites"], value["components"]))
                print_entry(value["uris"], value["signed-by"])
            delete value
            name = ""
        }
        FNR == 1 { end_stanza(); stanzas = FILENAME ~ /\.sources$/ }
        /^[ \t]*#/ { next }
        stanzas && /^[ \t]*$/ { end_stanza(); next }
        stanzas && /^[ \t]/ { if (name != "") value[name] = value[name] "\n" $0; next }   # an embedded key spans lines
        stanzas {
            colon = index($0, ":")
            name = tolower(substr($0, 1, colon - 1))
            text = substr($0, colon + 1)
            sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text)
            value[name] = text
            next
        }
        $1 == "deb" {
            line = $0; key = ""
            sub(/^[ \t]*deb[ \t]+/, "", line)
            if (line ~ /^\[/) {
                options = substr(line, 2, index(line, "]") - 2)
                line = substr(line, index(line, "]") + 1)
                count = split(options, option, /[ \t]+/)
                for (i = 1; i <= count; i++) if (tolower(option[i]) ~ /^signed-by=/) key = substr(option[i], 11)
            }
            count = split(line, field, /[ \t]+/)
            first = field[1] == "" ? 2 : 1
            rest = ""
            for (i = first + 2; i <= count; i++) rest = rest " " field[i]
            sub(/^ /, "", rest)
            gsub(/,/, " ", key)
            if (offers(field[first + 1], rest)) print_entry(field[first], key)
        }
        END { end_stanza() }
    ' "${files[@]}" /dev/null
}

# Runs apt-get or apt-cache with the private state for a suite. $1: suite, $2...: the command.
apt_private() {
    local suite=$1 tool=$2 state entry
    shift 2
    state=$(nitroscope_cache)/apt/$suite
    "$tool" \
        -o Dir::Etc::sourcelist="$state/suite.sources" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State::Lists="$state/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$state/cache" \
        -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Status-Fd=1 -o APT::Sandbox::User="$(id -un)" "$@"
}

# Writes the sources file of a suite and reads the suite's index. $1: suite, $2: deb or deb-src.
apt_private_update() {
    local suite=$1 type=$2 state entry release
    state=$(nitroscope_cache)/apt/$suite
    release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-stable}")
    entry=$(apt_own_entry "$release stable oldstable")
    if [[ -z $entry ]]; then
        printf '%s\n' "No enabled entry for $release main in the apt configuration of this machine, so there is no mirror to fetch $suite from." \
            "Set QEMU_SOURCE and KERNEL_SOURCE to sources you already have, or add the entry."
        return 1
    fi
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    printf 'Types: %s\nSuites: %s\nComponents: main\n%s\n' "$type" "$suite" "$entry" >"$state/suite.sources"
    apt_private "$suite" apt-get update
}

apt_download_source() {
    local suite=$1 package=$2 folder=$3 dsc
    apt_private_update "$suite" deb-src
    cd "$folder"
    apt_private "$suite" apt-get source --download-only --only-source "$package"
    dsc=$(apt_private "$suite" apt-get source --print-uris --only-source "$package" | sed -n "s/^'[^']*' \([^ ]*\.dsc\) .*/\1/p" | head -n 1)
    # --print-uris leaves out what is already complete, so fall back on the newest description here.
    [[ -n $dsc ]] || dsc=$(ls -t -- "${package}"_*.dsc | head -n 1)
    [[ -s $dsc ]]
    printf '%s\n' "$dsc" >"$package.$suite.fetched"
}

apt_download_binary() {
    local suite=$1 package=$2 folder=$3 deb
    apt_private_update "$suite" deb
    cd "$folder"
    apt_private "$suite" apt-get download "$package/$suite"
    deb=$(ls -t -- "${package}"_*.deb | head -n 1)
    [[ -s $deb ]]
    printf '%s\n' "$deb" >"$package.$suite.fetched"
}

# $1: source or binary, $2: suite, $3: package, $4: folder
apt_fetch() {
    local kind=$1 suite=$2 package=$3 folder=$4 remembered
    mkdir -p "$folder"
    remembered=$folder/$package.$suite.fetched
    if [[ ! -s $remembered || ! -s $folder/$(<"$remembered") ]]; then
        take_lock "$(nitroscope_cache)/apt/$suite.lock" "the package index of $suite"
        run_step "Fetching $package from Debian $suite" "$(nitroscope_cache)/logs/fetch-$package.log" \
            "apt_download_$kind" "$suite" "$package" "$folder"
    fi
    FETCHED_FILE=$folder/$(<"$remembered")
}

fetch_source() { apt_fetch source "$@"; }
fetch_binary() { apt_fetch binary "$@"; }
