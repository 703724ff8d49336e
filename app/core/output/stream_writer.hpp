// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file that others may read while it grows: a recording, a console's log. It bears its name from the start, so that
// it must not keep it when it stays incomplete: at the first write that fails it is renamed to NAME.cut, unless it
// stands where only we look for it.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>

namespace nitroscope::app {

// Gives the file that could not be written to its end another name, NAME.cut, and returns that name; empty when it is
// no regular file or cannot be renamed.
QString markCut(const QString &path);

class StreamWriter {
public:
    enum class WhenCut { renamed, keepsName };

    explicit StreamWriter(WhenCut whenCut = WhenCut::renamed) : m_whenCut(whenCut) {}
    ~StreamWriter();
    StreamWriter(const StreamWriter &) = delete;
    StreamWriter &operator=(const StreamWriter &) = delete;

    // Replaces the content of what is there; a new file is the user's alone (0600).
    Result<void> open(const QString &path);
    bool isOpen() const { return m_descriptor >= 0; }
    // The first failure closes; the sentence says where the beginning is now.
    Result<void> write(QByteArrayView bytes);
    // For a recording that ends before it is whole, for a reason of the caller's.
    tl::unexpected<Error> cut(const QString &why);
    Result<void> close();

private:
    WhenCut m_whenCut;
    QString m_path;
    int m_descriptor = -1;
};

} // namespace nitroscope::app
