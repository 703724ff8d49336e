// SPDX-License-Identifier: GPL-2.0-or-later
//
// Target descriptions (GDB manual, appendix G): which registers a stub has, in which order and how wide.
//
// The stub names a document `target.xml`, which may include others (xi:include); each is fetched by itself
// and parsed by itself. Register numbers count on over all documents in the order of inclusion, which is what
// describeRegisters() does. The `g` packet is the registers one after the other by number.
#pragma once

#include "app/core/result.hpp"

#include <functional>
#include <QByteArray>
#include <QVector>

namespace nitroscope::rsp {

struct RegisterEntry {
    QString name;
    QString type;  // "int64", "i387_ext", "data_ptr", "code_ptr", or the name of a union or flags type
    QString group; // "general", "float", "vector" or empty
    int number = 0;
    int bits = 0;
    int offset = 0; // of its first byte in a `g` packet

    int bytes() const { return (bits + 7) / 8; }
};

struct RegisterLayout {
    QString architecture; // "i386:x86-64"; empty when not said
    QVector<RegisterEntry> registers;
    int packetBytes = 0; // of a whole `g`, before hexadecimal

    // Nothing when the target has no register of this name.
    const RegisterEntry *find(QStringView name) const;
};

// One document: its own registers (number -1 = follows the one before) and the documents it includes, in
// order.
struct DescriptionDocument {
    struct Part {
        QString include;             // a document's name, or
        RegisterEntry registerEntry; // a register
    };
    QString architecture;
    QVector<Part> parts;
};

// Bounds: 1 MiB of text, 4096 registers and 64 includes a document, registers of at most 4096 bits.
// Errors: target-description with the offset of what is wrong.
app::Result<DescriptionDocument> parseDescription(const QByteArray &xml);

// `fetched` gives the text of an included document. Includes nest at most 8 deep and 64 in all.
app::Result<RegisterLayout>
describeRegisters(const QByteArray &targetXml,
                  const std::function<app::Result<QByteArray>(const QString &)> &fetched);

} // namespace nitroscope::rsp
