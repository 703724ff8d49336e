# SPDX-License-Identifier: GPL-2.0-or-later
# The devices of qemu-system-aarch64: our machine, which selects what it needs.
CONFIG_NITROSCOPE=y
