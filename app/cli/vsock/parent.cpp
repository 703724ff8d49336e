// SPDX-License-Identifier: GPL-2.0-or-later
//
// `parent`: runs a program of the parent instance unmodified, with AF_VSOCK from the preload library. Warns
// where the library cannot reach: a static program, one written in Go, one that runs with other rights.
#include "app/cli/eif/elf_facts.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/vsock/vsock_place.hpp"
#include "app/session/registry/free_cid.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <unistd.h>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct ParentOptions {
    VsockChoice vsock;
    std::vector<std::string> program;
    bool verbose = false;
};

QString libraryPath() {
    return QDir::cleanPath(QCoreApplication::applicationDirPath() + u"/../lib/libnitroscope-vsock.so"_s);
}

void warnAbout(const QString &path) {
    const ElfFacts facts = examineElf(path);
    if (facts.isStatic && !facts.isGo)
        say(u"%1 is statically linked: its AF_VSOCK sockets are the kernel's, not the enclave's. Use "
            "nitroscope-cli proxy instead."_s.arg(path));
    if (facts.isGo)
        say(u"%1 is written in Go, which makes system calls without the C library: its AF_VSOCK sockets "
            "are the kernel's, not the enclave's. Use nitroscope-cli proxy instead."_s.arg(path));
    if (facts.changesRights)
        say(u"%1 changes user or group when it starts; the system then ignores LD_PRELOAD."_s.arg(path));
}

int run(const ParentOptions &options) {
    const auto vsock = locateVsock(options.vsock);
    if (!vsock) {
        say(vsock.error().text());
        return refused;
    }
    const QString library = libraryPath();
    if (!QFileInfo::exists(library)) {
        say(u"%1 has not been built; run ./workbench build."_s.arg(library));
        return refused;
    }
    const QString name = pathOf(options.program.front());
    const QString path = name.contains(u'/') ? name : QStandardPaths::findExecutable(name);
    if (!path.isEmpty())
        warnAbout(path);
    const QByteArray before = qgetenv("LD_PRELOAD");
    qputenv("LD_PRELOAD", QFile::encodeName(library) + (before.isEmpty() ? QByteArray() : ' ' + before));
    qputenv("NITROSCOPE_VSOCK", QByteArray::number(vsock->cid) + '=' + QFile::encodeName(vsock->path));
    if (options.verbose)
        qputenv("NITROSCOPE_VSOCK_DEBUG", "1");
    std::vector<char *> words;
    for (const std::string &word : options.program)
        words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    execvp(words[0], words.data());
    const int error = errno;
    say(u"%1: %2"_s.arg(name, QString::fromLocal8Bit(std::strerror(error))));
    return error == ENOENT ? 127 : 126; // as shells have it
}

} // namespace

void addParent(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("parent", "Run a program as on the parent instance, with AF_VSOCK");
    auto options = std::make_shared<ParentOptions>();
    command
        ->add_option("--vsock", options->vsock.path,
                     "vsock socket of the enclave [the one enclave that runs]")
        ->type_name("PATH");
    command->add_option("--cid", options->vsock.cid, "CID of the enclave [that of the one that runs]")
        ->check(CLI::Range(app::minEnclaveCid, app::maxEnclaveCid));
    command->add_flag("--verbose", options->verbose, "Say which ports are bound, connected and accepted");
    command->add_option("PROGRAM", options->program, "Program and its arguments")->required();
    command->prefix_command(); // the program's options are its own
    command->positionals_at_end();
    command->callback([options, command, &code] {
        for (const std::string &word : command->remaining())
            options->program.push_back(word);
        code = run(*options);
    });
}

} // namespace nitroscope::cli
