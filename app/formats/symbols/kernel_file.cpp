// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/kernel_file.hpp"

#include "app/core/architectures.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/formats/elf/elf_image.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <QFile>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

app::Result<KernelFile> unpack(const formats::ByteRegion &region, KernelFileKind kind) {
    const auto image = formats::readKernelImage(region);
    if (!image)
        return tl::unexpected(image.error());
    if (image->kind == formats::KernelImage::Kind::unknown)
        return app::failure(u"kernel-file"_s, u"This is neither an EIF nor a bzImage nor a vmlinux (ELF)."_s);
    auto vmlinux = formats::extractVmlinux(*image);
    if (!vmlinux)
        return tl::unexpected(vmlinux.error());
    return KernelFile{kind == KernelFileKind::eif                      ? kind
                      : image->kind == formats::KernelImage::Kind::elf ? KernelFileKind::vmlinux
                                                                       : KernelFileKind::bzImage,
                      image->versionText, *std::move(vmlinux)};
}

std::optional<eif::Section> kernelSection(const QString &path) {
    const auto document = formats::EifDocument::open(path);
    if (!document)
        return std::nullopt;
    const int index = document->image().find(eif::SectionType::kernel);
    if (index < 0)
        return std::nullopt;
    return document->image().sections[size_t(index)];
}

} // namespace

app::Result<KernelFile> openKernelFile(const QString &path) {
    const auto source = launch::FileSource::open(QFile::encodeName(path).constData(), "kernel");
    if (!source)
        return app::failure(u"kernel-file"_s, QString::fromStdString(source.error()));
    std::array<std::byte, 4> head{};
    const bool isEif = source->read(0, head) && std::memcmp(head.data(), ".eif", head.size()) == 0;
    const formats::ByteRegion whole{&*source, 0, source->size()};
    auto opened = [&]() -> app::Result<KernelFile> {
        if (!isEif)
            return unpack(whole, KernelFileKind::bzImage);
        const auto section = kernelSection(path);
        if (!section)
            return app::failure(u"kernel-file"_s, u"This EIF has no kernel."_s);
        formats::ByteRegion kernel = whole.from(section->dataOffset);
        kernel.size = qMin(kernel.size, quint64(section->availableSize));
        return unpack(kernel, KernelFileKind::eif);
    }();
    if (opened)
        return opened;
    app::Error error = opened.error();
    error.context = path;
    return tl::unexpected(error);
}

app::Result<Kallsyms> kallsymsOf(const QByteArray &vmlinux) {
    const auto elf = ElfImage::open(vmlinux);
    if (!elf)
        return tl::unexpected(elf.error());
    return recoverKallsyms(vmlinux, arch::architectureOfKernel(elf->machine()).kernel,
                           [&](quint64 offset) { return elf->addressOf(offset); });
}

} // namespace nitroscope::symbols
