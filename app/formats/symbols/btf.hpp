// SPDX-License-Identifier: GPL-2.0-or-later
//
// BTF, the compact type information that distributions' kernels carry in their section .BTF (Linux,
// Documentation/bpf/btf.rst). Read from the kernel's file or from guest RAM. Foreign bytes: every reference
// is checked, chains of types and nesting of structures have an end.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/symbols/type_layouts.hpp"

#include <QHash>
#include <QVector>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;

class Btf final : public TypeLayouts {
public:
    // Keeps a copy of the bytes. Errors: btf, with the offset of what is wrong.
    static app::Result<std::shared_ptr<const Btf>> read(QByteArray bytes);

    std::optional<FieldPlace> field(QByteArrayView type, QByteArrayView path) const override;
    std::optional<quint64> size(QByteArrayView type) const override;
    QString source() const override { return u"BTF"_s; }

private:
    struct Type {
        quint32 name = 0, info = 0, sizeOrType = 0;
        quint64 tail = 0; // of what follows the common part, as offset in the bytes

        quint32 kind() const { return info >> 24 & 0x1f; }
        quint32 count() const { return info & 0xffff; }
        bool hasBitSizes() const { return info >> 31; }
    };
    struct Found {
        quint32 type = 0;
        quint64 offset = 0;
    };

    QByteArrayView name(quint32 offset) const;
    const Type *type(quint32 id) const;
    // Through typedefs and qualifiers.
    const Type *plain(quint32 id) const;
    std::optional<quint64> sizeOf(quint32 id, int depth) const;
    // `left`: members that may still be looked at.
    std::optional<Found> member(const Type &in, QByteArrayView name, int depth, int &left) const;

    QByteArray m_bytes;
    quint64 m_strings = 0, m_stringsEnd = 0;
    QVector<Type> m_types; // id - 1
    QHash<QByteArrayView, quint32> m_structures;
};

} // namespace nitroscope::symbols
