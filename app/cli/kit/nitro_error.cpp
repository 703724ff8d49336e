// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/nitro_error.hpp"

#include "app/cli/kit/console_output.hpp"

#include <array>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

// Index: the code's number.
constexpr std::array<ErrorExplanation, 61> explanations{{
    {"Unspecified error", "A place for what has no code of its own; the message says more."},
    {"Missing mandatory argument", "A mandatory option was not given."},
    {"Conflicting arguments",
     "Two options that exclude each other were given, such as --cpu-count and --cpu-ids."},
    {"Invalid argument provided",
     "The value of an option cannot be used: not a number, out of range, or no such file."},
    {"Socket pair creation failure",
     "The command could not make the channel to the enclave's process; the system is short of descriptors."},
    {"Process spawn failure",
     "The enclave's process could not be started or died at once. Look at memory and process limits."},
    {"Daemonize process failure", "The enclave's process could not detach from the terminal."},
    {"Read from disk failure", "A file could not be read. Check path and permissions."},
    {"Unusable connection error",
     "The connection to an enclave's process broke. The enclave has probably just ended."},
    {"Socket close error", "A connection to an enclave's process could not be closed."},
    {"Socket connect set timeout error",
     "The time limit of a connection could not be set, or it passed: the enclave may hang or be overloaded."},
    {"Socket error", "The command could not talk to an enclave's process. On EC2 this often follows E36: the "
                     "enclave is gone already."},
    {"Epoll error", "Waiting for events failed inside the command."},
    {"Inotify error", "Watching the sockets' folder failed; the system may be out of inotify watches."},
    {"Invalid command",
     "The enclave's process was asked for something it does not know; two versions may be mixed."},
    {"Lock acquire failure", "A lock of the command was unusable, because another part of it crashed."},
    {"Thread join failure", "A part of the command crashed while working."},
    {"Serde error",
     "Data between the command and an enclave's process could not be read; two versions may be mixed."},
    {"File permissions error", "A file's permissions could not be read or set. Check who owns it."},
    {"File operation failure",
     "A file could not be opened, created or written. On EC2 it is often /dev/nitro_enclaves that is "
     "missing: the instance was started without enclave support, or the driver is not loaded."},
    {"Invalid CPU configuration",
     "The CPUs asked for are not whole cores, or belong to different NUMA nodes."},
    {"No such CPU available in the pool",
     "A CPU asked for is not in the pool that the allocator has set aside."},
    {"Insufficient CPUs available in the pool",
     "More CPUs were asked for than are free. End another enclave or enlarge the pool."},
    {"Malformed CPU ID error", "The allocator's list of CPUs cannot be read."},
    {"CPU error", "Facts about a CPU could not be read from the system."},
    {"No such hugepage flag error", "The page size is not one that the system knows."},
    {"Insufficient memory requested",
     "An enclave needs at least 64 MiB and four times the size of its EIF. Give more with --memory."},
    {"Insufficient memory available", "There are not enough free huge pages for --memory. On EC2 enlarge the "
                                      "allocator's pool; here the computer is short of memory."},
    {"Invalid enclave descriptor", "The driver gave no usable descriptor for the enclave."},
    {"Ioctl failure", "The Nitro Enclaves driver refused a request."},
    {"Ioctl image get load info failure", "The driver did not say where the image must be loaded."},
    {"Ioctl set memory region failure",
     "The driver refused the enclave's memory: not huge pages, not aligned, or on the wrong NUMA node."},
    {"Ioctl add vCPU failure", "The driver refused a CPU: not in the pool, in use, or not a whole core."},
    {"Ioctl start enclave failure",
     "The driver could not start the enclave: no CPU, no memory, or a CID that is in use or reserved."},
    {"Memory overflow", "A size in the image does not fit. The EIF is damaged."},
    {"EIF file parsing error",
     "The file is not an EIF, or is damaged. nitroscope-cli describe-eif says what is "
     "wrong and at which byte."},
    {"Enclave boot failure",
     "The enclave was started but its init never reported (vsock port 9000). Usual causes: too little memory "
     "for the ramdisks, a broken or dynamically linked init, a kernel without vsock or NSM, an expired "
     "signing certificate. Boot it here with --attach-console and read its console."},
    {"Enclave event wait error", "Waiting for the enclave's events failed; it has probably just ended."},
    {"Enclave process command not executed error",
     "The enclave's process could not do what it was asked. The enclave may be ending."},
    {"Enclave process connection failure",
     "No connection to the enclave's process: there is no such enclave, or it has ended. After a failed boot "
     "this only follows E36; look at that first."},
    {"Socket path not found", "The socket of an enclave's process has gone, and the enclave with it."},
    {"Enclave process send reply failure",
     "The enclave's process could not answer; the command may have been interrupted."},
    {"Enclave mmap error",
     "Memory for the enclave could not be mapped; there are not enough free huge pages."},
    {"Enclave munmap error", "Memory of the enclave could not be given back."},
    {"Enclave console connection failure",
     "No connection to the console. On EC2 only an enclave that was started with --debug-mode and still runs "
     "has one; here every enclave has, even when it has ended."},
    {"Enclave console read error",
     "The console could not be read any further; the enclave has probably ended."},
    {"Enclave console write output error", "What the console said could not be written to standard output."},
    {"Integer parsing error", "Something that must be a whole number is not."},
    {"EIF building error", "The image could not be built; the message before says which input is at fault."},
    {"Docker image build error", "Docker could not build the image; try docker build by hand."},
    {"Docker image pull error",
     "Docker could not fetch the image: wrong name, no network, or not logged in."},
    {"Artifacts path environment variable not set",
     "NITRO_CLI_ARTIFACTS does not name the folder for what is built, and there is no home folder."},
    {"Blobs path environment variable not set",
     "NITRO_CLI_BLOBS does not name the folder with kernel, init and NSM driver."},
    {"Clock skew error", "The system's clock went backwards or is far off."},
    {"Signal masking error", "Signals could not be blocked for the enclave's process."},
    {"Signal unmasking error", "Signals could not be unblocked again."},
    {"Logger error", "The log file could not be written; on EC2 it is under /var/log/nitro_enclaves."},
    {"Hasher error", "The image could not be measured. The file may have changed meanwhile."},
    {"Naming error", "The enclave's name cannot be used, or there is no enclave with this name."},
    {"EIF signature checker error",
     "The EIF's signature or signing certificate is wrong: not over this image, made with another key, "
     "expired or not yet valid. nitroscope-cli describe-eif shows the certificate and its dates."},
    {"Signing error",
     "The image could not be signed: the key and the certificate do not belong together, or cannot be read."},
}};

} // namespace

std::span<const ErrorExplanation> errorExplanations() {
    return explanations;
}

QString codeText(int number) {
    return u"E%1"_s.arg(number, 2, 10, QLatin1Char('0'));
}

QString errorText(NitroError code, const QString &text) {
    const int number = static_cast<int>(code);
    const QString prefix = codeText(number) + u": "_s; // the machine's own way of saying it
    if (text.startsWith(prefix))
        return errorText(code, text.mid(prefix.size()));
    return u"[ %1 ] %2. %3"_s.arg(codeText(number),
                                  QLatin1String(explanations[static_cast<size_t>(number)].name), text);
}

int fail(NitroError code, const QString &text) {
    sayPlain(errorText(code, text));
    return static_cast<int>(code);
}

int fail(const app::Error &error, NitroError otherwise) {
    return fail(static_cast<NitroError>(numberOfCode(error.code).value_or(static_cast<int>(otherwise))),
                error.text());
}

std::optional<int> numberOfCode(const QString &code) {
    bool isNumber = false;
    const unsigned number = code.mid(1).toUInt(&isNumber);
    if (!code.startsWith(u'E') || code.size() != 3 || !isNumber || number >= explanations.size())
        return std::nullopt;
    return static_cast<int>(number);
}

} // namespace nitroscope::cli
