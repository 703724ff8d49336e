# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Copies our files into a QEMU tree. To be sourced by build-qemu.
#
#   sync_sources ROOT TREE
#
# C shims and their headers go to TREE/hw/nitro/nitroscope/<path as in ROOT>, because only files below hw/ see QEMU's headers; the C++ cores go to
# TREE/subprojects/nitroscope-cores/nitroscope/<path as in ROOT>, a meson subproject, because QEMU itself has no C++. Both folders are include
# roots, so `#include "nsm-device/core/nsm.h"` reads the same here and there. The lists of source files are made here: a new file needs no edit.
# A file is written only when its content differs, and removed when it is gone from ROOT, so that ninja rebuilds exactly what depends on it.

sync_sources() {
    local root=$1 tree=$2 stage list
    stage=$(mktemp -d)
    stage_sources "$root" "$stage"
    list=$(cd "$stage" && find . -type f | LC_ALL=C sort)
    if [[ -e $tree/.nitroscope-files ]]; then
        local gone
        while IFS= read -r gone; do
            rm -f "${tree:?}/$gone"
        done < <(LC_ALL=C comm -13 <(printf '%s\n' "$list") "$tree/.nitroscope-files")
    fi
    local file
    while IFS= read -r file; do
        cmp -s "$stage/$file" "$tree/$file" && continue
        mkdir -p "$(dirname "$tree/$file")"
        cp "$stage/$file" "$tree/$file"
    done <<<"$list"
    printf '%s\n' "$list" >"$tree/.nitroscope-files"
    rm -rf "$stage"
}

# The overlay as it shall be, in an empty folder.
stage_sources() {
    local root=$1 stage=$2 overlay=$1/qemu-machine/overlay folder
    local cores=$stage/subprojects/nitroscope-cores shims=$stage/hw/nitro
    mkdir -p "$cores/nitroscope" "$shims/nitroscope" "$stage/qapi" "$stage"/configs/devices/{x86_64,aarch64}-softmmu
    cp "$overlay/cores/meson.build" "$cores/"
    cp "$overlay"/hw-nitro/{meson.build,Kconfig} "$shims/"
    cp "$overlay/nitroscope.mak" "$stage/configs/devices/x86_64-softmmu/"
    cp "$overlay/nitroscope-arm64.mak" "$stage/configs/devices/aarch64-softmmu/nitroscope.mak"
    cp "$root/qemu-machine/qapi/nitro.json" "$stage/qapi/"

    cd "$root"
    shopt -s nullglob
    for folder in firmware/eif firmware/boot firmware/boot/{crc,x86,arm64,target} nsm-device/{cbor,core,pki} qemu-machine/launch{,/hash} qemu-machine/{abi,access,rules} qemu-machine/*/{core,host,protocol,sockets}; do
        # The firmware's own sources are no part of the machine: only headers leave firmware/.
        case $folder in
        firmware/*) stage_files "$cores/nitroscope" "$folder"/*.h "$folder"/*.hpp ;;
        *) stage_files "$cores/nitroscope" "$folder"/*.h "$folder"/*.hpp "$folder"/*.cpp ;;
        esac
    done
    for folder in qemu-machine/board{,/x86,/arm64} nsm-device/qemu qemu-machine/*/qemu; do
        stage_files "$shims/nitroscope" "$folder"/*.c "$folder"/*.h
        own_warnings_are_errors "$shims/nitroscope/$folder"/*.c
        # trace.h lies beside each source, as QEMU has it; elsewhere on the include path there are others of that name.
        [[ -e $folder/trace-events ]] || continue
        cat "$folder/trace-events" >>"$shims/trace-events"
        printf '#include "trace/trace-hw_nitro.h"\n' >"$shims/nitroscope/$folder/trace.h"
    done
    shopt -u nullglob
    cd - >/dev/null
    list_sources "$cores" nitroscope_sources '*.cpp'
    # A board is linked into the QEMU of its processor architecture only.
    list_sources "$shims" nitroscope_sources '*.c' ! -path './qemu-machine/board/*/*'
    list_sources "$shims" nitroscope_x86_sources '*.c' -path './qemu-machine/board/x86/*'
    list_sources "$shims" nitroscope_arm64_sources '*.c' -path './qemu-machine/board/arm64/*'
}

stage_files() {
    local target=$1
    shift
    (($#)) && cp --parents "$@" "$target"
    return 0
}

# QEMU is configured with --disable-werror, because its own code may warn under a compiler that is newer than it. Ours must not: meson has no
# compiler flags for single files, so each file turns warnings into errors for itself. These are QEMU's own flags that every compiler knows.
own_warnings_are_errors() {
    local file flag pragmas=''
    for flag in all undef write-strings missing-prototypes strict-prototypes nested-externs redundant-decls old-style-definition \
        type-limits format-security init-self ignored-qualifiers empty-body missing-format-attribute vla implicit-fallthrough; do
        pragmas+="_Pragma(\"GCC diagnostic error \\\"-W$flag\\\"\") "
    done
    for file; do
        # In front of the first line, so that all lines keep their numbers.
        printf '%s%s\n' "$pragmas" "$(<"$file")" >"$file.new"
        mv "$file.new" "$file"
    done
}

# Adds to FOLDER/nitroscope/meson.build a list of all files that match a pattern. $1: folder, $2: the list's name, $3: pattern, $4...: more of find
list_sources() {
    local folder=$1 name=$2 pattern=$3
    shift 3
    {
        printf '%s = files(\n' "$name"
        (cd "$folder/nitroscope" && find . -name "$pattern" "$@" | LC_ALL=C sort | sed "s|^\./\(.*\)$|  '\1',|")
        printf ')\n'
    } >>"$folder/nitroscope/meson.build"
}
