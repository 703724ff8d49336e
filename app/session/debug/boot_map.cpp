// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/boot_map.hpp"

#include "app/core/worker.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/kernel/command_line.hpp"
#include "firmware/boot/cmdline.hpp"
#include "firmware/boot/target/x86_plan.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 maxCode = 256 << 20;

void addFirmware(BootMap &map, const arch::LinuxBoot &boot, const QString &path) {
    const auto program = symbols::Program::openFile(path, u"firmware"_s);
    if (!program) {
        map.firmwareProblem = u"the firmware's symbols cannot be read: "_s + program.error().text();
        return;
    }
    map.firmware = *program;
    map.firmwareEntry = (*program)->symbols().find(boot.firmwareEntry);
    if (!map.firmwareEntry)
        map.firmwareProblem = u"%1 has no symbol %2"_s.arg(path, QLatin1String(boot.firmwareEntry));
}

void addVmlinux(BootMap &map, const formats::KernelImage &image, const QString &vmlinux) {
    const auto kernel = formats::extractVmlinux(image).and_then([&](const QByteArray &payload) {
        return symbols::KernelImage::fromVmlinux(payload, image.versionText);
    });
    if (!kernel) {
        map.vmlinuxProblem = kernel.error().message;
        return;
    }
    constexpr int fewFields = 4;
    const symbols::ElfImage &elf = (*kernel)->elf();
    map.unpackedEntry = elf.entry();
    map.fields = formats::relocatedFields(elf, fewFields);
    map.isMovable = !map.fields.isEmpty();
    map.initcalls = formats::findInitcallLevels(elf, (*kernel)->symbols());
    map.image = *kernel;
    if (!QFileInfo::exists(vmlinux))
        return;
    if (const auto detailed = (*kernel)->withDebugFile(vmlinux)) { // refuses another kernel's
        map.image = *detailed;
        map.vmlinuxPath = vmlinux;
    }
}

void addKernel(BootMap &map, const arch::LinuxBoot &boot, const formats::ByteRegion &kernel,
               const QString &vmlinux) {
    const auto image = formats::readKernelImage(kernel);
    if (!image || image->kind != formats::KernelImage::Kind::bzImage) {
        map.kernelProblem = image ? u"the EIF's kernel is not a bzImage"_s : image.error().message;
        return;
    }
    map.kernelAddress = nitroscope::boot::kernelAddress(image->setup);
    map.kernelEntry = map.kernelAddress + (image->setup.has64BitEntry() ? boot.entryOffset : 0);
    const quint64 bytes = kernel.size > image->setup.setupBytes ? kernel.size - image->setup.setupBytes : 0;
    QByteArray code(qsizetype(qMin(bytes, maxCode)), '\0');
    if (kernel.source->read(kernel.offset + image->setup.setupBytes,
                            std::as_writable_bytes(std::span(code.data(), size_t(code.size()))))) {
        const quint64 codeStart = kernel.offset + image->setup.setupBytes;
        const quint64 payloadAt = image->payload.offset > codeStart ? image->payload.offset - codeStart : 0;
        map.jumps = boot.findJumps(code, payloadAt, image->payload.size);
    }
    addVmlinux(map, *image, vmlinux);
}

// As the firmware puts it together; what the platform appends matters to none of us.
QByteArray commandLineOf(const formats::EifDocument &document, const QString &append) {
    const QByteArray text = document.commandLine().toUtf8();
    const quint64 usable =
        nitroscope::boot::usableCmdline(std::as_bytes(std::span(text.constData(), size_t(text.size()))));
    return text.first(qsizetype(usable)) + ' ' + append.toUtf8();
}

void addImage(BootMap &map, const arch::LinuxBoot &boot, const QString &eifPath, const QString &append) {
    const auto document = formats::EifDocument::openOrShare(eifPath);
    if (!document) {
        map.kernelProblem = document.error().message;
        return;
    }
    map.eif = *document;
    const eif::Image &image = document->image();
    if (const int index = image.find(eif::SectionType::kernel); index >= 0) {
        const eif::Section &section = image.sections[size_t(index)];
        addKernel(map, boot, {&document->source(), section.dataOffset, section.availableSize},
                  QFileInfo(eifPath).absolutePath() + u"/vmlinux"_s);
    } else {
        map.kernelProblem = u"this EIF has no kernel"_s;
    }
    const QByteArray commandLine = commandLineOf(*document, append);
    if (formats::hasEarlyWord(commandLine, "nokaslr"))
        map.isMovable = false;
    if (const auto ramdisks = document->ramdisks())
        map.programs = formats::findBootPrograms((*ramdisks)->files(), commandLine);
}

} // namespace

BootMapPointer makeBootMap(const arch::Architecture &architecture, const QString &eifPath,
                           const QString &append, const QString &firmwareElf) {
    auto map = std::make_shared<BootMap>();
    const auto fill = [&]() -> QString {
        addFirmware(*map, architecture.boot, firmwareElf);
        addImage(*map, architecture.boot, eifPath, append);
        return {};
    };
    if (const QString problem = withoutExceptions(fill); !problem.isEmpty())
        map->kernelProblem = problem;
    return map;
}

} // namespace nitroscope::app
