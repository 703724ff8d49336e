// SPDX-License-Identifier: GPL-2.0-or-later
//
// See image_reference.hpp.

#include "app/formats/container/image_reference.hpp"

#include <QFileInfo>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

std::optional<ImageReference> findImage(const QString &text) {
    if (QFileInfo::exists(text))
        return ImageReference{text};
    QString rest = text;
    for (const QString &transport : {u"oci:"_s, u"oci-archive:"_s, u"docker-archive:"_s})
        if (text.startsWith(transport)) {
            rest = text.mid(transport.size());
            break;
        }
    // A path may hold colons, and so may a tag: the longest path that exists.
    for (qsizetype end = rest.size(); end > 0; end = rest.lastIndexOf(u':', end - 1))
        if (QFileInfo::exists(rest.first(end)))
            return ImageReference{rest.first(end), rest.mid(end + 1)};
    return std::nullopt;
}

namespace {

// Where the tag's colon stands; a registry's port has one, too.
qsizetype tagColon(const QString &name) {
    const qsizetype colon = name.lastIndexOf(u':');
    return colon > name.lastIndexOf(u'/') ? colon : -1;
}

} // namespace

bool isAskedName(const QString &found, const QString &asked) {
    if (found.isEmpty() || asked.isEmpty())
        return false;
    const auto isSame = [](const QString &a, const QString &b) {
        return a == b || a.endsWith(u'/' + b) || b.endsWith(u'/' + a);
    };
    if (isSame(found, asked))
        return true;
    const qsizetype colon = tagColon(found);
    if (colon < 0)
        return false;
    return found.mid(colon + 1) == asked || (tagColon(asked) < 0 && isSame(found, asked + u":latest"_s));
}

QString repositoryOf(const QString &name) {
    const qsizetype colon = tagColon(name);
    QString repository = colon < 0 ? name : name.first(colon);
    for (const QString &registry : {u"docker.io/library/"_s, u"docker.io/"_s})
        if (repository.startsWith(registry))
            return repository.mid(registry.size());
    return repository;
}

} // namespace nitroscope::formats
