// SPDX-License-Identifier: GPL-2.0-or-later
//
// See content_digest.hpp.

#include "app/formats/container/content_digest.hpp"

#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

app::Result<ContentDigest> parseDigest(const QString &text) {
    constexpr struct {
        QStringView name;
        QCryptographicHash::Algorithm algorithm;
    } known[] = {{u"sha256:", QCryptographicHash::Sha256}, {u"sha512:", QCryptographicHash::Sha512}};
    const QString shown = printableText(text.toUtf8());
    for (const auto &[name, algorithm] : known) {
        if (!text.startsWith(name))
            continue;
        const QByteArray hex = text.sliced(name.size()).toUtf8(), value = QByteArray::fromHex(hex);
        if (value.toHex() != hex || value.size() != QCryptographicHash::hashLength(algorithm))
            return app::failure(
                u"input"_s,
                u"'%1' is not a digest: %2 bytes in lower-case hex are expected."_s.arg(shown).arg(
                    QCryptographicHash::hashLength(algorithm)));
        return ContentDigest{algorithm, value};
    }
    return app::failure(u"input"_s,
                        u"The digest '%1' cannot be checked: only sha256 and sha512 are known here. "
                        "Copy the image again, for example with skopeo."_s.arg(shown));
}

} // namespace nitroscope::formats
