// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C interface as tests like to call it: closes itself, options with sensible defaults.

#pragma once

#include "qemu-machine/launch/launch.h"

#include <QByteArray>
#include <QString>

namespace nitroscope::test {

class Launch {
public:
    // Within the dates of the certificates that eif_maker.hpp makes.
    static constexpr int64_t usualNow = 1'800'000'000;

    // Points into `path`, which must live until the launch is open.
    static NitroLaunchOptions options(const QByteArray &path) {
        return {.eif_path = path.constData(),
                .append = nullptr,
                .initrd_path = nullptr,
                .ram_size = 0,
                .ram_below_4g = 0,
                .strict = 1,
                .preflight = 1,
                .arm64 = 0,
                .now_seconds = usualNow};
    }

    explicit Launch(const NitroLaunchOptions &options) : m_launch(nitro_launch_open(&options, &problem)) {}
    Launch(const Launch &) = delete;
    Launch &operator=(const Launch &) = delete;
    ~Launch() { nitro_launch_close(m_launch); }

    bool isOpen() const { return m_launch != nullptr; }
    NitroLaunch *get() const { return m_launch; }

    // Hex of the register; empty when there is none.
    QByteArray pcr(unsigned index) const {
        uint8_t value[NITRO_LAUNCH_DIGEST_BYTES];
        return nitro_launch_measurement(m_launch, index, value) == 0
                   ? QByteArray(reinterpret_cast<const char *>(value), sizeof value).toHex()
                   : QByteArray();
    }

    const NitroLaunchProblem *warning(uint32_t reason) const {
        for (size_t i = 0; i < nitro_launch_problem_count(m_launch); ++i)
            if (nitro_launch_problem(m_launch, i)->reason == reason)
                return nitro_launch_problem(m_launch, i);
        return nullptr;
    }

    NitroLaunchProblem problem = {}; // Why it is not open.

private:
    NitroLaunch *m_launch;
};

} // namespace nitroscope::test
