// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/formats/boot_shapes.hpp"

#include "tests/unit/formats/packers.hpp"

#include <algorithm>
#include <QtEndian>

namespace nitroscope::test {

namespace {

constexpr quint32 folderMode = 040755;

template <class T>
QByteArray little(T value) {
    QByteArray bytes(sizeof(T), '\0');
    qToLittleEndian(value, bytes.data());
    return bytes;
}

} // namespace

QByteArray shapeProgram(const QByteArray &loader, quint16 machine) {
    constexpr quint64 base = 0x400000, headers = 64, headerBytes = 56;
    const QByteArray text = QByteArray(shapeRuns) + '\n';
    // write(1, text, size); exit(0)
    QByteArray code = "\xb8" + little<quint32>(1) + "\xbf" + little<quint32>(1) + "\x48\x8d\x35" +
                      little<quint32>(5 + 2 + 5 + 2 + 2) + "\xba" + little<quint32>(quint32(text.size())) +
                      "\x0f\x05\xb8" + little<quint32>(60) + "\x31\xff\x0f\x05";
    code += text;
    const quint16 segments = loader.isEmpty() ? 1 : 2;
    const quint64 start = headers + segments * headerBytes, named = start + quint64(code.size());
    QByteArray bytes = QByteArray("\x7f"
                                  "ELF\2\1\1",
                                  7) +
                       QByteArray(9, '\0') + little<quint16>(2) + little<quint16>(machine) +
                       little<quint32>(1) + little<quint64>(base + start) + little<quint64>(headers) +
                       little<quint64>(0) + little<quint32>(0) + little<quint16>(64) +
                       little<quint16>(headerBytes) + little<quint16>(segments) + QByteArray(6, '\0');
    const auto segment = [&](quint32 kind, quint64 offset, quint64 size) {
        bytes += little<quint32>(kind) + little<quint32>(5) + little<quint64>(offset) +
                 little<quint64>(base + offset) + little<quint64>(base + offset) + little<quint64>(size) +
                 little<quint64>(size) + little<quint64>(kind == 1 ? 4096 : 1);
    };
    segment(1, 0, named);
    if (!loader.isEmpty())
        segment(3, named, quint64(loader.size()) + 1);
    return bytes + code + (loader.isEmpty() ? QByteArray() : loader + '\0');
}

CpioFile &ShapeParts::file(const QByteArray &path) {
    for (QList<CpioFile> *files : {&system, &application})
        if (const auto found = std::ranges::find(*files, path, &CpioFile::path); found != files->end())
            return *found;
    application.append(CpioFile{.path = path});
    return application.last();
}

void ShapeParts::put(const QByteArray &path, const QByteArray &content, quint32 mode) {
    CpioFile &made = file(path);
    made.content = content;
    made.mode = mode;
}

void ShapeParts::remove(const QByteArray &path) {
    for (QList<CpioFile> *files : {&system, &application})
        files->removeIf([&](const CpioFile &one) { return one.path == path; });
}

TestSections ShapeParts::sections(const QByteArray &kernel) const {
    TestSections sections = usualSections();
    sections[0].data = kernel;
    sections[1].data = commandLine;
    sections[3].data = cpioArchive(system);
    sections[4].data = pack(cpioArchive(application));
    return sections;
}

ShapeParts usualShape(const QByteArray &init) {
    ShapeParts parts;
    parts.commandLine = "reboot=k panic=1 pci=off console=ttyS0 random.trust_cpu=on";
    parts.system = {{.path = "dev", .mode = folderMode}, {.path = "init", .content = init, .mode = 0100755}};
    parts.folder("rootfs");
    for (const char *name : {"bin", "dev", "proc", "run", "sys", "tmp", "var"})
        parts.folder(QByteArray("rootfs/") + name);
    parts.put("rootfs/bin/app", shapeProgram());
    parts.put("rootfs/bin/sh", shapeProgram());
    parts.put("cmd", "/bin/app\n", 0100644);
    parts.put("env", "A=1\n", 0100644);
    return parts;
}

QList<BootShape> bootShapes() {
    using Parts = ShapeParts;
    constexpr auto always = Booted::always, never = Booted::never;
    QList<BootShape> shapes;
    const auto boots = [&](const char *name, auto change, Booted booted = Booted::onDemand) {
        shapes.append({name, "", "", change, booted});
    };
    const auto fails = [&](const char *name, const char *error, const char *says, auto change,
                           Booted booted = Booted::onDemand) {
        shapes.append({name, error, says, change, booted});
    };
    boots(
        "usual", [](Parts &) {}, always);

    // ---- where init looks ----
    const auto installed = [](const QByteArray &folder, const QByteArray &path) {
        return [folder, path](Parts &p) {
            p.remove("rootfs/bin/app");
            if (folder != "bin") {
                for (qsizetype slash = folder.indexOf('/'); slash >= 0;
                     slash = folder.indexOf('/', slash + 1))
                    p.folder("rootfs/" + folder.first(slash));
                p.folder("rootfs/" + folder);
            }
            p.put("rootfs/" + folder + "/app", shapeProgram());
            p.command("app\n");
            p.environment("PATH=" + path + "\n");
        };
    };
    fails("in a folder of ENV PATH only", "program-missing", "execvpe: app: No such file or directory",
          installed("usr/local/bin", "/usr/local/bin:/bin"), always);
    fails("in no folder", "program-missing", "execvpe: app: No such file or directory",
          installed("opt", "/bin"));
    boots("in /bin, which ENV PATH has not", installed("bin", "/usr/local/bin"), always);
    boots("in /sbin", installed("sbin", "/bin"));
    boots("in /usr/sbin", installed("usr/sbin", "/bin"));
    boots("in /usr/bin", installed("usr/bin", ""));
    boots(
        "with a path from the root", [](Parts &p) { p.command("./bin/app\n"); }, always);
    boots("with a path without a dot", [](Parts &p) { p.command("bin/app\n"); });
    boots("one that may not be started before it", [](Parts &p) {
        p.folder("rootfs/sbin");
        p.put("rootfs/sbin/app", shapeProgram(), 0100644);
        p.command("app\n");
    });
    boots("a folder of the same name before it", [](Parts &p) {
        p.folder("rootfs/sbin");
        p.folder("rootfs/sbin/app");
        p.command("app\n");
    });
    fails(
        "below what init mounts", "program-hidden", "execvpe: /tmp/app: No such file or directory",
        [](Parts &p) {
            p.put("rootfs/tmp/app", shapeProgram());
            p.command("/tmp/app\n");
        },
        always);
    fails("below what init mounts, by a link", "program-hidden", "execvpe: /app: No such file or directory",
          [](Parts &p) {
              p.put("rootfs/run/app", shapeProgram());
              p.link("rootfs/app", "/run/app");
              p.command("/app\n");
          });
    boots("behind links", [](Parts &p) {
        p.link("rootfs/app", "/start");
        p.link("rootfs/start", "bin/app");
        p.command("/app\n");
    });
    fails(
        "behind links in a circle", "program-missing", "execvpe: /a: Too many levels of symbolic links",
        [](Parts &p) {
            p.link("rootfs/a", "b");
            p.link("rootfs/b", "a");
            p.command("/a\n");
        },
        never); // the words of the error are the kernel's choice

    const auto slash = [](const QByteArray &command) {
        return [command](Parts &p) {
            p.link("rootfs/direct", "/bin/app");
            p.link("rootfs/slash", "bin/app/");
            p.put("rootfs/bin/run", "#!/bin/sh/\n");
            p.command(command + '\n');
        };
    };
    boots("by a link", slash("/direct"));
    boots("with slashes between its folders", slash("//bin/.//app"));
    fails("with a slash behind it", "program-missing", "execvpe: /bin/app/: Not a directory",
          slash("/bin/app/"), always);
    fails("with a slash and a dot behind it", "program-missing", "execvpe: /bin/app/.: Not a directory",
          slash("/bin/app/."));
    fails("by a link with a slash behind it", "program-missing", "execvpe: /direct/: Not a directory",
          slash("/direct/"));
    fails("by a link to a name with a slash", "program-missing", "execvpe: /slash: Not a directory",
          slash("/slash"));
    fails("through a file", "program-missing", "execvpe: /bin/app/x: Not a directory", slash("/bin/app/x"));
    fails("an interpreter with a slash behind it", "program-interpreter-missing",
          "execvpe: /bin/run: Not a directory", slash("/bin/run"));

    // ---- cmd, env, rootfs ----
    boots("cmd without a line break", [](Parts &p) { p.command("/bin/app"); });
    boots("cmd with arguments", [](Parts &p) { p.command("/bin/app\n-v\n\nx\n"); });
    boots(
        "cmd is empty", [](Parts &p) { p.command(""); }, always);
    fails("cmd is empty without sh", "program-missing", "execvpe: sh: No such file or directory",
          [](Parts &p) {
              p.command("");
              p.remove("rootfs/bin/sh");
          });
    fails(
        "cmd begins with an empty line", "program-missing", "execvpe: No such file or directory",
        [](Parts &p) { p.command("\n/bin/app\n"); }, always);
    fails("cmd with a carriage return", "program-missing", "No such file or directory",
          [](Parts &p) { p.command("/bin/app\r\n"); });
    boots("an argument of 131071 bytes",
          [](Parts &p) { p.command("/bin/app\n" + QByteArray(131'071, 'x') + '\n'); });
    fails(
        "an argument of 131072 bytes", "program-arguments-too-long",
        "execvpe: /bin/app: Argument list too long",
        [](Parts &p) { p.command("/bin/app\n" + QByteArray(131'072, 'x') + '\n'); }, always);
    fails("a variable of 131072 bytes", "program-arguments-too-long",
          "execvpe: /bin/app: Argument list too long",
          [](Parts &p) { p.environment("A=" + QByteArray(131'070, 'x') + '\n'); });
    fails("2 MiB of arguments", "program-arguments-too-long", "execvpe: /bin/app: Argument list too long",
          [](Parts &p) { p.command("/bin/app\n" + (QByteArray(100'000, 'x') + '\n').repeated(21)); });
    fails("no cmd", "cmd-missing", "Could not open /env file: No such file or directory",
          [](Parts &p) { p.remove("cmd"); });
    fails(
        "no env", "env-missing", "Could not open /env file: No such file or directory",
        [](Parts &p) { p.remove("env"); }, always);
    fails("rootfs is a file", "rootfs-missing", "chdir /rootfs: Not a directory", [](Parts &p) {
        p.application.removeIf([](const CpioFile &file) { return file.path.startsWith("rootfs"); });
        p.put("rootfs", "file", 0100644);
    });
    fails("no rootfs", "rootfs-missing", "mount --bind /rootfs /rootfs: No such file", [](Parts &p) {
        p.application.removeIf([](const CpioFile &file) { return file.path.startsWith("rootfs"); });
    });
    boots("rootfs is a link to a folder", [](Parts &p) {
        for (CpioFile &file : p.application)
            if (file.path.startsWith("rootfs"))
                file.path.replace(0, 6, "tree");
        p.link("rootfs", "tree");
    });

    // ---- mount points ----
    for (const auto &[name, says] : {std::pair("dev", "mount: /dev: No such file or directory"),
                                     {"proc", "mount: /proc: No such file or directory"},
                                     {"run", "mount: /run: No such file or directory"},
                                     {"tmp", "mount: /tmp: No such file or directory"},
                                     {"sys", "mount: /sys: No such file or directory"}}) {
        static const QHash<QByteArray, const char *> titles = {{"dev", "no /dev"},
                                                               {"proc", "no /proc"},
                                                               {"run", "no /run"},
                                                               {"tmp", "no /tmp"},
                                                               {"sys", "no /sys"}};
        const QByteArray folder = name;
        fails(
            titles[folder], "mount-point-missing", says, [folder](Parts &p) { p.remove("rootfs/" + folder); },
            folder == "proc" ? always : Booted::onDemand);
    }
    fails("/tmp is a file", "mount-point-missing", "mount: /tmp: Not a directory",
          [](Parts &p) { p.put("rootfs/tmp", "x", 0100644); });
    fails("/tmp is a link to nowhere", "mount-point-missing", "mount: /tmp: No such file or directory",
          [](Parts &p) { p.link("rootfs/tmp", "/var/tmp"); });
    boots("/tmp is a link to a folder", [](Parts &p) {
        p.folder("rootfs/var/tmp");
        p.link("rootfs/tmp", "/var/tmp");
    });
    fails("/tmp is a link into /run", "mount-point-missing", "mount: /tmp: No such file or directory",
          [](Parts &p) {
              p.folder("rootfs/run/tmp");
              p.link("rootfs/tmp", "run/tmp");
          });
    boots("no /var", [](Parts &p) { p.remove("rootfs/var"); });

    // ---- scripts and other programs ----
    const auto script = [](const QByteArray &text) { return [text](Parts &p) { p.script(text); }; };
    boots("script", script("#!/bin/sh\n"));
    boots("script with an argument", script("#!/bin/sh -e\n"));
    boots("script with a tab", script("#!\t/bin/sh\n"));
    boots("script without its line", script("echo hello\n"), always);
    boots("script behind a byte order mark", script("\xef\xbb\xbf#!/bin/sh\n"));
    boots("script with an empty interpreter", script("#!\necho hello\n"));
    boots("script without a line break", script("#!/bin/sh"));
    fails("script with a carriage return", "program-interpreter-missing",
          "execvpe: /bin/app: No such file or directory", script("#!/bin/sh\r\necho hello\r\n"), always);
    fails("script without its interpreter", "program-interpreter-missing",
          "execvpe: /bin/app: No such file or directory", script("#!/bin/bash\n"));
    fails("script without its line and without sh", "program-interpreter-missing",
          "execvpe: /bin/app: No such file or directory", [](Parts &p) {
              p.script("echo hello\n");
              p.remove("rootfs/bin/sh");
          });
    fails("interpreter that may not be started", "program-not-executable",
          "execvpe: /bin/app: Permission denied", [](Parts &p) {
              p.script("#!/bin/sh\n");
              p.file("rootfs/bin/sh").mode = 0100644;
          });
    boots("interpreter that is a script", [](Parts &p) {
        p.script("#!/bin/one\n");
        p.put("rootfs/bin/one", "#!/bin/sh\n");
    });
    fails("script that is its own interpreter", "program-interpreter-missing",
          "execvpe: /bin/app: Too many levels of symbolic links", script("#!/bin/app\n"));
    fails(
        "env with arguments", "program-interpreter-argument", "",
        [](Parts &p) {
            p.script("#!/bin/env sh -x\n");
            p.put("rootfs/bin/env", shapeProgram());
        },
        never);
    fails(
        "env of what is not there", "program-interpreter-argument", "",
        [](Parts &p) {
            p.script("#!/bin/env python3\n");
            p.put("rootfs/bin/env", shapeProgram());
        },
        never);
    fails(
        "env of what ENV PATH does not have", "program-interpreter-argument", "",
        [](Parts &p) {
            p.script("#!/bin/env sh\n");
            p.put("rootfs/bin/env", shapeProgram());
            p.environment("PATH=/usr/local/bin\n");
        },
        never);
    boots(
        "env of what ENV PATH has",
        [](Parts &p) {
            p.script("#!/bin/env tool\n");
            p.put("rootfs/bin/env", shapeProgram());
            p.folder("rootfs/opt");
            p.put("rootfs/opt/tool", shapeProgram());
            p.environment("PATH=/opt\n");
        },
        never);
    boots(
        "env -S",
        [](Parts &p) {
            p.script("#!/bin/env -S sh -x\n");
            p.put("rootfs/bin/env", shapeProgram());
        },
        never);
    fails("two options for sh", "program-interpreter-argument", "", script("#!/bin/sh -e -x\n"), never);
    fails("program that may not be started", "program-not-executable", "execvpe: /bin/app: Permission denied",
          [](Parts &p) { p.file("rootfs/bin/app").mode = 0100644; });
    fails("program that is a folder", "program-not-a-file", "execvpe: /bin/app: Permission denied",
          [](Parts &p) { p.put("rootfs/bin/app", {}, folderMode); });
    fails(
        "program for aarch64", "program-architecture", "", [](Parts &p) { p.script(shapeProgram({}, 183)); },
        never); // sh here is none
    fails(
        "program of noise", "program-not-a-program", "", [](Parts &p) { p.script(QByteArray(300, '\0')); },
        never);
    // What execvpe() hands to sh, which cannot read it: sh here is the program again, so a boot would prove nothing.
    const auto spoilt = [](auto change) {
        return [change](Parts &p) { p.script(change(shapeProgram() + QByteArray(300, '\0'))); };
    };
    constexpr qsizetype typeAt = 16, elfHeaderBytes = 64, fileSizeAt = elfHeaderBytes + 32;
    fails("an object file", "program-not-a-program", "", spoilt([=](QByteArray b) {
              b[typeAt] = 1;
              return b;
          }),
          never);
    fails("a core dump", "program-not-a-program", "", spoilt([=](QByteArray b) {
              b[typeAt] = 4;
              return b;
          }),
          never);
    fails("an ELF header alone", "program-not-a-program", "",
          spoilt([=](const QByteArray &b) { return b.first(elfHeaderBytes); }), never);
    fails("a program that is cut", "program-cut", "child exited by signal", spoilt([=](QByteArray b) {
              for (const qsizetype at : {fileSizeAt, fileSizeAt + 8}) // and in memory
                  b.replace(at, 2, little<quint16>(20'000));
              return b.first(130);
          }));
    fails("a loader that may not be started", "program-dynamic", "execvpe: /bin/app: Permission denied",
          [](Parts &p) {
              p.script(shapeProgram("/bin/ld.so"));
              p.put("rootfs/bin/ld.so", shapeProgram(), 0100644);
          });
    fails("a loader of text", "program-dynamic", "execvpe: /bin/app: Accessing a corrupted shared library",
          [](Parts &p) {
              p.script(shapeProgram("/bin/ld.so"));
              p.put("rootfs/bin/ld.so", QByteArray("text\n").repeated(20));
          });
    fails("a loader of a few bytes", "program-dynamic", "execvpe: /bin/app: Input/output error",
          [](Parts &p) {
              p.script(shapeProgram("/bin/ld.so"));
              p.put("rootfs/bin/ld.so", "text\n");
          });
    fails("a loader in /run", "program-dynamic", "execvpe: /bin/app: No such file or directory",
          [](Parts &p) {
              p.script(shapeProgram("/run/ld.so"));
              p.put("rootfs/run/ld.so", shapeProgram());
          });
    fails("program without its loader", "program-dynamic", "execvpe: /bin/app: No such file or directory",
          [](Parts &p) { p.script(shapeProgram("/lib/ld.so")); });

    // ---- init ----
    fails(
        "no init", "init-missing", "No working init found", [](Parts &p) { p.remove("init"); }, always);
    fails("init that may not be started", "init-not-executable", "Failed to execute /init (error -13)",
          [](Parts &p) { p.file("init").mode = 0100644; });
    fails("init of text", "init-not-a-program", "Failed to execute /init (error -8)",
          [](Parts &p) { p.file("init").content = "exec /bin/app\n"; });
    fails("init without its interpreter", "init-interpreter-missing", "Failed to execute /init (error -2)",
          [](Parts &p) { p.file("init").content = "#!/bin/sh\n"; });
    fails("init is a folder", "init-not-a-file", "Failed to execute /init (error -13)",
          [](Parts &p) { p.put("init", {}, folderMode); });
    fails("init for aarch64", "init-architecture", "Failed to execute /init (error -8)",
          [](Parts &p) { p.file("init").content = shapeProgram({}, 183); });
    boots(
        "init elsewhere, by its name in quotes",
        [](Parts &p) {
            p.file("init").path = "start";
            p.commandLine += " rdinit=\"/start\"";
        },
        always);
    boots("init behind a link", [](Parts &p) {
        p.file("init").path = "start";
        p.link("init", "start");
    });
    boots("another one for an init that is none", [](Parts &p) {
        const QByteArray init = p.file("init").content;
        p.file("init").content = "text\n";
        p.folder("sbin");
        p.put("sbin/init", init);
    });
    fails("init that rdinit= misses", "init-missing", "No working init found",
          [](Parts &p) { p.commandLine += " rdinit=/start"; });
    fails(
        "dashes before rdinit=", "cmdline-dashes", "",
        [](Parts &p) {
            p.put("start", p.file("init").content);
            p.commandLine += " -- rdinit=/start";
        },
        always);
    fails(
        "a command line without room for the devices", "cmdline-too-long", "",
        [](Parts &p) { p.commandLine += " x=" + QByteArray(2040 - p.commandLine.size() - 3, 'x'); }, always);
    fails("a command line that is too long by itself", "cmdline-too-long", "",
          [](Parts &p) { p.commandLine += " x=" + QByteArray(3000, 'x'); });
    boots("a long command line",
          [](Parts &p) { p.commandLine += " x=" + QByteArray(1970 - p.commandLine.size() - 3, 'x'); });

    fails(
        "a quote that is not closed", "cmdline-open-quote", "",
        [](Parts &p) { p.commandLine += " greeting=\"hello"; }, always);
    fails("a quote within a word that is not closed", "cmdline-open-quote", "",
          [](Parts &p) { p.commandLine += " a\"b c=\"d\""; });
    boots("quotes that are closed", [](Parts &p) { p.commandLine += " greeting=\"hello there\" a\"b\"c"; });

    // ---- archives ----
    fails(
        "a file without its folder", "program-missing", "execvpe: /bin/app: No such file or directory",
        [](Parts &p) { p.remove("rootfs/bin"); }, always);
    fails("a folder behind its file", "program-missing", "execvpe: /opt/app: No such file or directory",
          [](Parts &p) {
              p.put("rootfs/opt/app", shapeProgram());
              p.folder("rootfs/opt");
              p.command("/opt/app\n");
          });
    boots(
        "a file through a link to a folder",
        [](Parts &p) {
            p.link("rootfs/sbin", "bin");
            p.put("rootfs/sbin/started", shapeProgram());
            p.command("/bin/started\n");
        },
        always);
    boots(
        "a link in the place of a folder that is not empty",
        [](Parts &p) {
            p.application.append(CpioFile{.path = "rootfs/bin", .content = "usr/bin", .mode = 0120777});
        },
        always);
    boots("a file in the place of a folder that is not empty",
          [](Parts &p) { p.application.append(CpioFile{.path = "rootfs/bin", .content = "x"}); });
    fails("a folder in the place of a link", "program-missing",
          "execvpe: /bin/app: No such file or directory", [](Parts &p) {
              for (CpioFile &file : p.application)
                  if (file.path.startsWith("rootfs/bin"))
                      file.path.replace(0, 10, "rootfs/usr");
              p.link("rootfs/bin", "usr");
              p.application.append(CpioFile{.path = "rootfs/bin", .mode = folderMode});
          });
    fails("a folder with content", "program-missing", "execvpe: /bin/app: No such file or directory",
          [](Parts &p) { p.file("rootfs/bin").content = "body"; });
    boots("names that cannot be", [](Parts &p) {
        p.application.insert(
            1, {.path = QByteArray("rootfs/") + QByteArray("a/").repeated(2600), .content = "x"});
        p.application.insert(
            1, CpioFile{.path = "rootfs/long", .content = QByteArray(5000, 'a'), .mode = 0120777});
    });
    boots("paths with a slash before them", [](Parts &p) {
        for (CpioFile &file : p.application)
            file.path.prepend('/');
    });
    for (const bool isLast : {true, false})
        boots(isLast ? "a hard link whose content comes last" : "a hard link whose content comes first",
              [isLast](Parts &p) {
                  for (const bool hasContent : {!isLast, isLast}) {
                      const QByteArray name = hasContent == isLast ? "rootfs/bin/two" : "rootfs/bin/one";
                      p.put(name, hasContent ? shapeProgram() : QByteArray());
                      p.file(name).inode = 9;
                      p.file(name).links = 2;
                  }
                  p.command(isLast ? "/bin/one\n" : "/bin/two\n");
              });
    const auto pack = [](auto how) { return [how](Parts &p) { p.pack = how; }; };
    boots("gzip", pack([](const QByteArray &b) { return gzipped(b); }));
    // Linux's gunzip knows the name's flag only and looks at no sum (lib/decompress_inflate.c).
    constexpr char headerCrc = 2, extraField = 4, fileName = 8, comment = 16, reserved = 64;
    const auto field = [&](char flag, const QByteArray &bytes) {
        return pack([=](const QByteArray &b) { return withGzipField(gzipped(b), flag, bytes); });
    };
    boots("gzip with a name", field(fileName, QByteArray("application.cpio", 17)));
    boots("gzip with a reserved flag", field(reserved, {}));
    fails("gzip with an extra field", "ramdisk-damaged", "Initramfs unpacking failed",
          field(extraField, QByteArray("\x06\0ab\x02\0xy", 8)), always);
    fails("gzip with a comment", "ramdisk-damaged", "Initramfs unpacking failed",
          field(comment, QByteArray("comment", 8)));
    fails("gzip with a checksum of its header", "ramdisk-damaged", "Initramfs unpacking failed",
          field(headerCrc, "\xff\xff"));
    constexpr qsizetype crcFromEnd = 8, sizeFromEnd = 4;
    for (const qsizetype fromEnd : {crcFromEnd, sizeFromEnd})
        boots(fromEnd == crcFromEnd ? "gzip with a wrong CRC-32" : "gzip with a wrong size",
              pack([fromEnd](const QByteArray &b) {
                  QByteArray packed = gzipped(b);
                  packed[packed.size() - fromEnd] = static_cast<char>(~packed[packed.size() - fromEnd]);
                  return packed;
              }),
              fromEnd == crcFromEnd ? always : Booted::onDemand);
    boots("zstd", pack([](const QByteArray &b) { return zstdStored(b, 20); }));
    boots("xz with CRC32", pack([](const QByteArray &b) { return xzPacked(b, LZMA_CHECK_CRC32); }));
    fails("xz with CRC64", "ramdisk-xz-check", "Initramfs unpacking failed",
          pack([](const QByteArray &b) { return xzPacked(b, LZMA_CHECK_CRC64); }), always);
    fails("an lz4 frame", "ramdisk-lz4-frame", "Initramfs unpacking failed",
          pack([](const QByteArray &b) { return lz4Framed(b); }));
    fails("bzip2", "ramdisk-compression", "compression method bzip2 not configured",
          pack([](const QByteArray &b) { return bzip2Packed(b); }), always);
    fails("lzma", "ramdisk-compression", "compression method lzma not configured",
          pack([](const QByteArray &b) { return lzmaPacked(b); }));
    boots("a second archive", pack([](const QByteArray &b) {
              return b + QByteArray(512, '\0') + cpioArchive({{.path = "more"}});
          }));
    fails(
        "a second archive that is not aligned", "ramdisk-damaged", "Initramfs unpacking failed",
        pack([](const QByteArray &b) { return cpioArchive({{.path = "more"}}) + QByteArray(510, '\0') + b; }),
        always);
    // Numbers of a header, which the kernel reads up to the first letter that is no digit.
    const auto number = [&](const QByteArray &inode) {
        return pack([inode](const QByteArray &b) { return QByteArray(b).replace(6, inode.size(), inode); });
    };
    boots("a number with a blank in it", number("0000 001"), always);
    boots("a number with a prefix", number("0x000001"));
    boots("a number that is none", number("inode!!!"));
    fails("a name without its zero byte", "ramdisk-damaged", "malformed archive",
          pack([](const QByteArray &b) {
              constexpr qsizetype headerBytes = 110;
              return QByteArray(b).replace(headerBytes, 7, "rootfsX"); // the first entry is "rootfs"
          }));
    boots("a file whose name ends with a slash", [](Parts &p) { p.put("rootfs/bin/other/", "x", 0100644); });
    fails("a program whose name ends with a slash", "program-missing",
          "execvpe: /bin/app: No such file or directory",
          [](Parts &p) { p.file("rootfs/bin/app").path = "rootfs/bin/app/"; });
    const auto summed = [](int error) {
        return [error](Parts &p) {
            for (CpioFile &file : p.application) {
                file.magic = "070702";
                for (const char c : std::as_const(file.content))
                    file.checksum += static_cast<quint8>(c);
            }
            p.file("rootfs/bin/app").checksum += static_cast<quint32>(error);
        };
    };
    boots("checksums", summed(0));
    fails("a wrong checksum", "ramdisk-damaged", "bad data checksum", summed(1), always);
    return shapes;
}

} // namespace nitroscope::test
