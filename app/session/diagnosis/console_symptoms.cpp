// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/diagnosis/console_symptoms.hpp"

namespace nitroscope::app {
namespace {

// Words of the kernel: init/initramfs.c, init/main.c, init/do_mounts.c, mm/oom_kill.c, arch/x86/mm/fault.c,
// arch/x86/kernel/traps.c. Of glibc: elf/dl-load.c, elf/dl-version.c, sysdeps/posix/gai_strerror. Of musl: ldso/dynlink.c.
constexpr ConsoleSymptom symptoms[] = {
    {"ramdisk-not-unpacked", Speaker::kernel, "nitramfs unpacking failed",
     "[Ii]nitramfs unpacking failed: (.+)", "memory-to-unpack ramdisk-*",
     "The kernel could not unpack a ramdisk (%1).",
     "\"write error\" means that its files do not fit into the enclave's memory (%M): give it more with --memory. Other "
     "words mean a damaged or unusual archive: look with `nitroscope-cli eif ls`."},
    {"application-missing", Speaker::program, "Could not open /", "^Could not open (/env|/cmd) file",
     "cmd-missing env-missing rootfs-missing layout-unusual memory-to-unpack ramdisk-*",
     "Init found no %1: the ramdisk with the application was not unpacked, or does not have it.",
     "Look with `nitroscope-cli eif ls`; if the file is there, give the enclave more memory (it had %M)."},
    {"no-init", Speaker::kernel, "init",
     "(No working init found|Failed to execute /init|Requested init .* failed)",
     "init-* ramdisk-* kernel-architecture", "The kernel found no init that it can execute (%1).",
     "The first ramdisk must have an executable /init for the enclave's processor."},
    {"no-root", Speaker::kernel, "Unable to mount root", "(VFS: Unable to mount root fs.*)",
     "init-* ramdisk-* cmdline-*", "The kernel found no root file system: no ramdisk has an /init (%1).",
     "Look with `nitroscope-cli eif ls` for /init in the first ramdisk."},
    {"folder-missing", Speaker::program, "mount: /", "^mount: (/\\S*?):? No such file or directory",
     "mount-point-missing", "Init could not mount %1: the image has no such folder.",
     "Make the folder in the image, even if it is empty."},
    {"heartbeat-unanswered", Speaker::program, "connect: ",
     "^connect: (Connection reset by peer|Connection timed out|Connection refused|No such device)",
     "kernel-without-vsock kernel-without-virtio-mmio kernel-without-mmio-cmdline",
     "Init's heartbeat got no answer (%1).",
     "Init connects to port 9000 of the parent and waits for its byte: --heartbeat on answers it. If the kernel has no "
     "vsock, no answer can come."},
    {"library-missing", Speaker::program, "loading shared librar",
     "^(.+?): error while loading shared libraries: ([^:]+): cannot open shared object file",
     "program-library-missing init-library-missing",
     "%1 needs the library %2, which is not where the dynamic linker looks for it.",
     "Copy the library into the image's /lib or /usr/lib, or link the program statically. `nitroscope-cli eif ls` shows what "
     "is there."},
    {"library-missing", Speaker::program, "Error loading shared librar",
     "^Error loading shared library ([^:]+): No such file or directory \\(needed by ([^)]+)\\)",
     "program-library-missing init-library-missing",
     "%2 needs the library %1, which is not where the dynamic linker looks for it.",
     "Copy the library into the image's /lib or /usr/lib, or link the program statically. `nitroscope-cli eif ls` shows what "
     "is there."},
    {"library-too-old", Speaker::program, "not found (required by",
     "version [`']([^']+)' not found \\(required by ([^)]+)\\)", "",
     "%2 needs %1, which the image's C library does not have: it was built on a newer system.",
     "Build it on the distribution that the image has, or link it statically."},
    {"program-not-found", Speaker::program, "execvpe: ", "^execvpe: (?:(.+): )?No such file or directory",
     "program-* docker-command-* cmd-empty rootfs-missing",
     "Init could not start the enclave's program %1: it found no such file.",
     "The file, the interpreter in its first line or its dynamic linker is not in the image. Init looks for a program without a "
     "path in /sbin, /usr/sbin, /bin and /usr/bin, whatever the image's PATH is."},
    {"program-not-executable", Speaker::program, "execvpe: ", "^execvpe: (.+): Permission denied",
     "program-*", "The enclave's program %1 may not be executed.",
     "The file must have the right to execute (chmod +x), and so must its interpreter."},
    {"program-of-other-processor", Speaker::program, "execvpe: ", "^execvpe: (.+): Exec format error",
     "program-*", "The enclave's program %1 is for another processor, damaged, or a script without #!.",
     "Build the image for the architecture of the enclave."},
    {"memory-used-up", Speaker::kernel, "Killed process", "Out of memory: Killed process \\d+ \\((.+?)\\)",
     "memory-to-unpack", "The kernel killed %1 because the enclave's memory (%M) was used up.",
     "Give the enclave more with --memory. Files that it writes count, too: its file systems are in memory."},
    {"memory-used-up", Speaker::kernel, "on memory", "(System is deadlocked on memory)", "memory-to-unpack",
     "The enclave's memory (%M) was used up before there was a program to end (%1).",
     "Give the enclave more with --memory."},
    {"program-crashed", Speaker::kernel, ": segfault at ",
     "(\\S+)\\[\\d+\\]: segfault at ([0-9a-f]+) ip ([0-9a-f]+) sp [0-9a-f]+ error [0-9a-f]+(?: (in \\S+?)\\[)?",
     "", "%1 crashed: its instruction at 0x%3 %4 used address 0x%2, where it has no memory.",
     "The debugger stops there: `nitroscope-cli gdb`, or a recording, in which one can go backwards from the crash."},
    {"program-crashed", Speaker::kernel,
     "traps: ", "traps: (\\S+)\\[\\d+\\] ((?:general protection|trap [a-z ]+?)(?: fault)?) ip:([0-9a-f]+)",
     "", "%1 crashed at the instruction at 0x%3 (%2).",
     "An invalid opcode is mostly an instruction that this processor does not have: build for a plain x86-64."},
    {"no-space", Speaker::anybody, "No space left on device", "(.*No space left on device)",
     "memory-to-unpack",
     "A file system is full. All of them are in the enclave's memory (%M), and a tmpfs takes half of it at most.",
     "Give the enclave more memory with --memory, or write less."},
    {"nsm-missing", Speaker::program, "/dev/nsm", "(.*/dev/nsm.*No such file or directory.*)",
     "kernel-without-nsm",
     "The enclave has no /dev/nsm: its kernel has no driver for the Nitro Secure Module, or its module was not loaded.",
     "Use a kernel with CONFIG_NSM (6.8 or later), or AWS's nsm.ko in the first ramdisk."},
    {"vsock-missing", Speaker::program, "Address family not supported",
     "(.*Address family not supported by protocol.*)", "kernel-without-vsock",
     "A program asked for a kind of socket that the enclave's kernel does not have.",
     "vsock needs CONFIG_VIRTIO_VSOCKETS in the kernel. There are no IPv4 and IPv6 networks to the outside in an enclave."},
    {"no-network", Speaker::program, "",
     "(.*(?:Temporary failure in name resolution|Network is unreachable|Could not resolve host).*)", "",
     "A program wanted a network, which enclaves do not have (%1).",
     "Lead its connections through vsock: `nitroscope-cli proxy`, or a forwarder in the enclave."},
};

} // namespace

std::span<const ConsoleSymptom> consoleSymptoms() {
    return symptoms;
}

} // namespace nitroscope::app
