// SPDX-License-Identifier: GPL-2.0-or-later
//
// As much of an aarch64 Linux Image as loaders look at.
#pragma once

#include <QByteArray>
#include <QtEndian>

namespace nitroscope::test {

struct ArmImageRecipe {
    qsizetype bytes = 4096;
    quint64 textOffset = 0;
    quint64 imageSize = 0x200000;
    quint64 flags = 0xa; // 4 KiB pages, anywhere in memory
};

inline QByteArray makeArmImage(const ArmImageRecipe &recipe = {}) {
    QByteArray image(recipe.bytes, '\0');
    image.replace(0, 2, "MZ");
    qToLittleEndian(recipe.textOffset, image.data() + 8);
    qToLittleEndian(recipe.imageSize, image.data() + 16);
    qToLittleEndian(recipe.flags, image.data() + 24);
    image.replace(56, 4, "ARM\x64");
    return image;
}

} // namespace nitroscope::test
