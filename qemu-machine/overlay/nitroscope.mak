# SPDX-License-Identifier: GPL-2.0-or-later
# The devices of this QEMU: our machine, which selects what it needs, microvm as the reference of the boot benchmark, and isa-debug-exit
# for small test programs.
CONFIG_NITROSCOPE=y
CONFIG_MICROVM=y
CONFIG_ISA_DEBUG=y
