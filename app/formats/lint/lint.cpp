// SPDX-License-Identifier: GPL-2.0-or-later
//
// See lint.hpp: the order of the rules.

#include "app/formats/lint/lint.hpp"

#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <QDateTime>

namespace nitroscope::formats {

app::Result<LintFindings> lintEif(const EifDocument &document, const LintOptions &options) {
    const std::stop_token stop = options.limits.unpack.stop;
    LintReport report;
    lintStructure(report, document);
    lintMetadata(report, document);
    lintCommandLine(report, document);
    const auto index = document.ramdisks(options.limits);
    if (!index)
        return tl::unexpected(index.error());
    const std::vector<Ramdisk> &ramdisks = (*index)->ramdisks();
    const auto kernel = lintKernel(report, document, ramdisks, options.limits.unpack);
    if (!kernel)
        return tl::unexpected(kernel.error());
    lintRamdisks(report, document, ramdisks, *kernel);
    lintPrograms(report, document, **index);
    lintMemory(report, document, ramdisks);
    std::optional<EifMeasurements> measurements = options.measured;
    if (options.measures && !measurements) {
        auto measured = document.measurements(stop);
        if (!measured && measured.error().code == u"cancelled"_s)
            return tl::unexpected(measured.error());
        if (measured)
            measurements = std::move(*measured);
        else
            report.error("file-changed", u"file"_s, measured.error().text(), u"Try again."_s);
    }
    lintSignature(report, document, measurements ? &*measurements : nullptr,
                  options.now.value_or(QDateTime::currentSecsSinceEpoch()));
    return report.take();
}

} // namespace nitroscope::formats
