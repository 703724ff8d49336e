// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the fields of a kernel's structures are. They differ from build to build, so they come from what
// describes this very kernel (BTF, DWARF); who asks for a field must be ready to hear that it is not known.
#pragma once

#include <memory>
#include <optional>
#include <QByteArray>
#include <QString>

namespace nitroscope::symbols {

struct FieldPlace {
    quint64 offset = 0, bytes = 0; // from the structure's start; bytes 0 when the type's size is not known
};

class TypeLayouts {
public:
    virtual ~TypeLayouts() = default;

    // `path` may go into structures by value ("f_path.dentry"); members of anonymous structures and unions
    // are found as C finds them. Nothing for bit fields.
    virtual std::optional<FieldPlace> field(QByteArrayView type, QByteArrayView path) const = 0;
    // Of a structure or union, bytes.
    virtual std::optional<quint64> size(QByteArrayView type) const = 0;
    // For the user: "BTF", "DWARF of vmlinux".
    virtual QString source() const = 0;
};

using TypeLayoutsPointer = std::shared_ptr<const TypeLayouts>;

} // namespace nitroscope::symbols
