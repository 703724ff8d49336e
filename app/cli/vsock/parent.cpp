// SPDX-License-Identifier: GPL-2.0-or-later
//
// `parent`: runs a program of the parent instance unmodified, with AF_VSOCK from the preload library, or from the supervisor
// where the library does not reach: a static program, one written in Go. Warns where neither does.
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
    std::string how;
    bool verbose = false;
};

enum class How { preload, supervise };

QString fileOf(How how) {
    const QString name = how == How::preload ? u"libnitroscope-vsock.so"_s : u"nitroscope-supervise"_s;
    return QDir::cleanPath(QCoreApplication::applicationDirPath() + u"/../lib/"_s + name);
}

// As said, else as the program needs it. The library costs nothing per call, so it comes first.
How howFor(const std::string &said, const ElfFacts &facts) {
    if (!said.empty())
        return said == "preload" ? How::preload : How::supervise;
    return facts.isElf && (facts.isStatic || facts.isGo || facts.isMusl) ? How::supervise : How::preload;
}

void warnAbout(const QString &path, const ElfFacts &facts, How how) {
    if (how == How::preload && (facts.isStatic || facts.isGo || facts.isMusl))
        say(u"%1 %2: its AF_VSOCK sockets are the kernel's, not the enclave's. --how supervise reaches it."_s
                .arg(path, facts.isGo ? u"is written in Go, which makes system calls without the C library"_s
                           : facts.isStatic
                               ? u"is statically linked"_s
                               : u"uses musl's C library, which the preloaded one does not fit"_s));
    if (facts.isOtherArchitecture)
        say(u"%1 is a program of another architecture, whose calls are not seen: its AF_VSOCK sockets are the "
            "kernel's, not the enclave's. Use nitroscope-cli proxy instead."_s.arg(path));
    if (facts.changesRights)
        say(how == How::preload
                ? u"%1 changes user or group when it starts; the system then ignores LD_PRELOAD."_s.arg(path)
                : u"%1 would change user or group when it starts; under a supervisor it keeps those that it was started with."_s
                      .arg(path));
}

void setUp(How how, const QString &file, std::vector<char *> &words) {
    if (how == How::supervise) {
        static QByteArray program;
        program = QFile::encodeName(file);
        words.insert(words.begin(), program.data());
        return;
    }
    const QByteArray before = qgetenv("LD_PRELOAD");
    qputenv("LD_PRELOAD", QFile::encodeName(file) + (before.isEmpty() ? QByteArray() : ' ' + before));
}

int run(const ParentOptions &options) {
    const auto vsock = locateVsock(options.vsock);
    if (!vsock) {
        say(vsock.error().text());
        return refused;
    }
    const QString name = pathOf(options.program.front());
    const QString path = name.contains(u'/') ? name : QStandardPaths::findExecutable(name);
    const ElfFacts facts = path.isEmpty() ? ElfFacts() : examineElf(path);
    const How how = howFor(options.how, facts);
    const QString file = fileOf(how);
    if (!QFileInfo::exists(file)) {
        say(u"%1 has not been built; run ./workbench build."_s.arg(file));
        return refused;
    }
    warnAbout(path, facts, how);
    qputenv("NITROSCOPE_VSOCK", QByteArray::number(vsock->cid) + '=' + QFile::encodeName(vsock->path));
    if (options.verbose)
        qputenv("NITROSCOPE_VSOCK_DEBUG", "1");
    std::vector<char *> words;
    for (const std::string &word : options.program)
        words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    setUp(how, file, words);
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
    command
        ->add_option(
            "--how", options->how,
            "preload: a library in the program; supervise: its system calls are answered from outside, which "
            "also reaches static programs and Go's [what the program needs]")
        ->type_name("preload|supervise")
        ->check(CLI::IsMember(std::vector<std::string>{"preload", "supervise"}).description(""));
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
