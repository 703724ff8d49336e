// SPDX-License-Identifier: GPL-2.0-or-later
//
// See image_choice.hpp.

#include "app/formats/container/image_choice.hpp"

#include "app/formats/container/image_reference.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <iterator>
#include <QJsonArray>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxTold = 20; // names in a sentence

// The lower, the more processors can run it: amd64/v1 before v3.
int rankOf(const ImageCandidate &candidate) {
    const QString &variant = candidate.variant;
    if (variant.isEmpty() || candidate.architecture != u"amd64")
        return 0;
    return variant.startsWith(u'v') ? variant.mid(1).toInt() : 1;
}

// When any will do, what most computers have.
QString wantedFirst(const QString &architecture) {
    return architecture.isEmpty() ? u"amd64"_s : architecture;
}

QString listed(QStringList words) {
    words.removeDuplicates();
    for (QString &word : words)
        word = printableText(word.toUtf8());
    const qsizetype more = words.size() - maxTold;
    return words.first(std::min(words.size(), maxTold)).join(u", "_s) +
           (more > 0 ? u" and %1 more"_s.arg(more) : QString());
}

QStringList titlesOf(const std::vector<ImageCandidate> &candidates) {
    QStringList titles;
    for (const ImageCandidate &candidate : candidates)
        titles << candidate.title();
    return titles;
}

tl::unexpected<app::Error> severalImages(const std::vector<ImageCandidate> &candidates) {
    return app::failure(u"input"_s,
                        u"There are several images: %1. Say which one is meant behind a colon, as in "
                        "PATH:TAG."_s.arg(listed(titlesOf(candidates))));
}

bool isAsked(const ImageCandidate &candidate, const QString &asked) {
    return candidate.top == asked || u'@' + candidate.top == asked ||
           std::ranges::any_of(candidate.names,
                               [&](const QString &name) { return isAskedName(name, asked); });
}

} // namespace

QString ImageCandidate::platform() const {
    QString text = (os.isEmpty() ? u"?"_s : os) + u'/' + (architecture.isEmpty() ? u"?"_s : architecture);
    return variant.isEmpty() ? text : text + u'/' + variant;
}

QString ImageCandidate::title() const {
    return names.isEmpty() ? top : names.first();
}

app::Result<ImageCandidate> chooseImage(const std::vector<ImageCandidate> &candidates, const QString &asked,
                                        const QString &architecture) {
    std::vector<ImageCandidate> named;
    std::ranges::copy_if(candidates, std::back_inserter(named), [&](const ImageCandidate &candidate) {
        return asked.isEmpty() || isAsked(candidate, asked);
    });
    if (candidates.empty())
        return app::failure(u"input"_s,
                            u"There is no container image, only other artifacts or nothing at all."_s);
    if (named.empty())
        return app::failure(u"input"_s, u"There is no image '%1'; there are: %2."_s.arg(
                                            printableText(asked.toUtf8()), listed(titlesOf(candidates))));
    const auto hasOtherNames = [&](const ImageCandidate &candidate) {
        return candidate.top != named.front().top && candidate.names != named.front().names;
    };
    if (std::ranges::any_of(named, hasOtherNames))
        return severalImages(named);
    const auto fittingTo = [&named](const QString &wanted) {
        std::vector<ImageCandidate> found;
        std::ranges::copy_if(named, std::back_inserter(found), [&](const ImageCandidate &candidate) {
            return (candidate.os.isEmpty() || candidate.os == u"linux") &&
                   (candidate.architecture.isEmpty() || candidate.architecture == wanted);
        });
        return found;
    };
    std::vector<ImageCandidate> fitting = fittingTo(wantedFirst(architecture));
    if (fitting.empty() && architecture.isEmpty())
        fitting = fittingTo(u"arm64"_s);
    QStringList platforms;
    for (const ImageCandidate &candidate : named)
        platforms << candidate.platform();
    if (fitting.empty())
        return app::failure(
            u"input"_s,
            u"The image is for %1, not for linux/%2. Build or copy it for that platform; for another "
            "architecture give --arch with a kernel and an init program that fit."_s.arg(
                listed(platforms), wantedFirst(architecture)));
    const ImageCandidate &best = *std::ranges::min_element(fitting, {}, rankOf);
    const auto isRival = [&](const ImageCandidate &candidate) {
        return candidate.top != best.top && rankOf(candidate) == rankOf(best);
    };
    if (std::ranges::any_of(fitting, isRival))
        return severalImages(fitting);
    return best;
}

bool isImageManifest(const QJsonObject &manifest) {
    if (!manifest.value(u"artifactType").toString().isEmpty())
        return false;
    const QString config = manifest.value(u"config").toObject().value(u"mediaType").toString();
    if (!config.isEmpty() && config != u"application/vnd.oci.image.config.v1+json" &&
        config != u"application/vnd.docker.container.image.v1+json")
        return false;
    const QJsonArray layers = manifest.value(u"layers").toArray();
    return std::ranges::all_of(layers, [](const QJsonValue &layer) {
        const QString kind = layer.toObject().value(u"mediaType").toString();
        return kind.isEmpty() || kind.startsWith(u"application/vnd.oci.image.layer.") ||
               kind.startsWith(u"application/vnd.docker.image.rootfs.");
    });
}

} // namespace nitroscope::formats
